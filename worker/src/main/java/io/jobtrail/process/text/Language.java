package io.jobtrail.process.text;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Guesses a text's language: by script for Japanese, Chinese and Korean, by the share of function words for those with Latin
 * letters. An own small heuristic instead of a library of models, because it only steers sentence breaks and stop words.
 */
public final class Language {
    private static final double FEWEST_HITS = 0.1;
    private static final int FEWEST_DIFFERENT_HITS = 2;
    private static final double AHEAD_OF_NEXT = 1.2;
    private static final int FEWEST_WORDS = 5;
    private static final int MOST_WORDS = 4000;

    private static final Map<String, Set<String>> FUNCTION_WORDS = new TreeMap<>(Map.of(
            "en",
                    words(
                            "the of and to in is that for it as was with be by on not are this at from or have an which you but"
                                    + " they his her we were has their will would can if there been all when who its had more no he she"),
            "mi",
                    words(
                            "te ngā nga ki i o ko he ka e kei hoki mō tēnei tenei rātou ratou nō ā me anō mai ana kua hei nei"
                                    + " tōna ona ōna mātou tātou kia kāore ahau koe ia aua taua tētahi ētahi kei roto runga rā ai iho atu"),
            "de",
                    words(
                            "der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden"
                                    + " aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur"
                                    + " oder aber vor zur bis mehr durch wir ich kann"),
            "fr",
                    words(
                            "le la les de des et en un une du dans est que pour qui sur pas plus par au ce il sont avec se ne"
                                    + " aux cette ou mais nous vous elle leur été être ses comme fait ont même tout ces sa son"),
            "es",
                    words(
                            "el la los las de y en que un una por con para es se del al lo como más pero sus le ya o este sí"
                                    + " porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos son fue"),
            "it",
                    words(
                            "il lo la i gli le di che e in un una per è con non del della dei nel alla si da sono come più anche"
                                    + " ma questo ha al dal delle nella o se ci su suo essere stato"),
            "nl",
                    words(
                            "de het een en van in is dat op te zijn met voor niet aan er om ook als door bij maar uit naar dan"
                                    + " nog worden wordt was heeft deze hij ze over of kan wel geen hun"),
            "pt",
                    words(
                            "o a os as de e do da em um uma que para com não por no na dos das se mais ao como mas foi é são"
                                    + " pela pelo seu sua ou ser quando muito há nos já está também")));

    private Language() {}

    /** ISO 639-1 code; null when unsure. */
    public static String of(String sample) {
        long kana = sample.codePoints().filter(Scripts::isKana).count();
        long han = sample.codePoints().filter(Scripts::isHan).count();
        long hangul = sample.codePoints()
                .filter(c -> Character.UnicodeScript.of(c) == Character.UnicodeScript.HANGUL)
                .count();
        long letters =
                Math.max(1, sample.codePoints().filter(Character::isLetter).count());
        if ((kana + han) * 3 > letters) {
            return kana * 20 > han ? "ja" : "zh";
        }
        return hangul * 3 > letters ? "ko" : byFunctionWords(Words.of(sample));
    }

    private static String byFunctionWords(List<String> all) {
        List<String> words = all.subList(0, Math.min(all.size(), MOST_WORDS));
        if (words.size() < FEWEST_WORDS) {
            return null;
        }
        String best = null;
        double bestShare = 0;
        double nextShare = 0;
        for (Map.Entry<String, Set<String>> language : FUNCTION_WORDS.entrySet()) {
            List<String> hits =
                    words.stream().filter(language.getValue()::contains).toList();
            boolean byChance = hits.stream().distinct().count() < FEWEST_DIFFERENT_HITS;
            double share = byChance ? 0 : (double) hits.size() / words.size();
            if (share > bestShare) {
                nextShare = bestShare;
                bestShare = share;
                best = language.getKey();
            } else if (share > nextShare) {
                nextShare = share;
            }
        }
        return bestShare >= FEWEST_HITS && bestShare >= nextShare * AHEAD_OF_NEXT ? best : null;
    }

    /** Words that say nothing about what a text is about; none for an unknown language. */
    static Set<String> functionWords(String language) {
        return language == null ? Set.of() : FUNCTION_WORDS.getOrDefault(language, Set.of());
    }

    static Locale locale(String language) {
        return language == null ? Locale.ROOT : Locale.forLanguageTag(language);
    }

    private static Set<String> words(String list) {
        return Arrays.stream(list.split(" ")).collect(Collectors.toUnmodifiableSet());
    }
}
