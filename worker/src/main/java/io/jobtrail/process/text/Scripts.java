package io.jobtrail.process.text;

import java.lang.Character.UnicodeScript;

/** What has to be known of writing systems. */
final class Scripts {
    private static final int PROLONGED_SOUND = 0x30FC; // of no script by Unicode, but part of katakana words

    private Scripts() {}

    static boolean isKana(int codePoint) {
        UnicodeScript script = UnicodeScript.of(codePoint);
        return script == UnicodeScript.HIRAGANA || script == UnicodeScript.KATAKANA || codePoint == PROLONGED_SOUND;
    }

    static boolean isHan(int codePoint) {
        return UnicodeScript.of(codePoint) == UnicodeScript.HAN;
    }

    /** Kana and Han: one character carries about as much as a short word elsewhere. */
    static boolean isIdeographic(int codePoint) {
        return codePoint >= 0x2E80 && (isKana(codePoint) || isHan(codePoint));
    }

    /** Ideographic characters, their punctuation and full-width forms. */
    static boolean isWrittenWithoutSpaces(int codePoint) {
        return isIdeographic(codePoint)
                || (codePoint >= 0x3000 && codePoint <= 0x303F)
                || (codePoint >= 0xFF00 && codePoint <= 0xFFEF);
    }
}
