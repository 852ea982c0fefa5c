package io.jobtrail.process.text;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Cuts text into words, the same way on every machine: NFC, lower case, then every longest run of letters, marks and digits
 * (Unicode L, M, N); but each Han or kana character is a word of its own.
 */
public final class Words {
    private Words() {}

    public static List<String> of(String text) {
        String normal = Normalizer.normalize(text, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < normal.length(); ) {
            int codePoint = normal.codePointAt(i);
            i += Character.charCount(codePoint);
            boolean alone = Scripts.isIdeographic(codePoint);
            if ((alone || !isPartOfWord(codePoint)) && !word.isEmpty()) {
                words.add(word.toString());
                word.setLength(0);
            }
            if (alone) {
                words.add(Character.toString(codePoint));
            } else if (isPartOfWord(codePoint)) {
                word.appendCodePoint(codePoint);
            }
        }
        if (!word.isEmpty()) {
            words.add(word.toString());
        }
        return words;
    }

    private static boolean isPartOfWord(int codePoint) {
        if (Character.isLetterOrDigit(codePoint)) {
            return true;
        }
        return switch (Character.getType(codePoint)) {
            case Character.NON_SPACING_MARK,
                    Character.COMBINING_SPACING_MARK,
                    Character.ENCLOSING_MARK,
                    Character.LETTER_NUMBER,
                    Character.OTHER_NUMBER -> true;
            default -> false;
        };
    }
}
