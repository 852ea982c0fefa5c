package io.jobtrail.process.text;

/**
 * Estimates how many tokens a language model makes of a text: one for each Han, kana or Hangul character, one for every four
 * other characters. Real tokenizers differ from model to model; this one errs by some ten per cent for English.
 */
final class Tokens {
    private static final int CHARACTERS_PER_TOKEN = 4;

    private Tokens() {}

    static int estimate(String text) {
        int quarters = 0;
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            quarters += quartersOf(codePoint);
            i += Character.charCount(codePoint);
        }
        return (quarters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
    }

    /** The index behind the last character that still fits into so many tokens; never inside a surrogate pair. */
    static int fitting(String text, int tokens) {
        int quarters = 0;
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            quarters += quartersOf(codePoint);
            if (quarters > tokens * CHARACTERS_PER_TOKEN) {
                return i;
            }
            i += Character.charCount(codePoint);
        }
        return text.length();
    }

    private static int quartersOf(int codePoint) {
        boolean syllable = Scripts.isIdeographic(codePoint) || (codePoint >= 0xAC00 && codePoint <= 0xD7A3);
        return syllable ? CHARACTERS_PER_TOKEN : Character.charCount(codePoint);
    }
}
