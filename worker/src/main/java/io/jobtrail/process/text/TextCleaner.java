package io.jobtrail.process.text;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Cleans one page or piece of text: characters first, then lines. Changes the form, never the wording; scripts without case or
 * spaces pass through as they are.
 */
final class TextCleaner {
    private static final Pattern LINE_END = Pattern.compile("\r\n?|[\u0085\u2028]");
    private static final Pattern PARAGRAPH_END = Pattern.compile("[\f\u2029]");
    private static final Pattern SOFT_HYPHEN_AT_LINE_END = Pattern.compile("\u00AD[ \t]*\n[ \t]*");
    private static final Pattern UNWANTED =
            Pattern.compile("[\\p{Cc}&&[^\n\t]]|\\p{Cs}|[\u00AD\u200B\u2060\uFEFF\uFFFE\uFFFF]");
    private static final Pattern LIGATURE = Pattern.compile("[\uFB00-\uFB06]");
    private static final List<String> LIGATURES = List.of("ff", "fi", "fl", "ffi", "ffl", "st", "st");

    /** Not before "und" and its like: in "Vor-\nund Nachteile" the hyphen stands for a left-out word. */
    private static final Pattern HYPHEN_AT_LINE_END =
            Pattern.compile("(?<=\\p{L})[-\u2010][ \t]*\n[ \t]*(?!(?:und|oder|bis|and|or|to|et|ou|y|o)\\b)(?=\\p{Ll})");

    private static final Pattern HYPHEN_KEPT =
            Pattern.compile("(?<=\\p{L})([-\u2010])[ \t]*\n[ \t]*(?=[\\p{Lu}\\p{N}])");
    private static final Pattern SPACE_WITH_TAB = Pattern.compile("[ \u00A0]*\t[ \u00A0\t]*");
    private static final Pattern SPACE = Pattern.compile("[ \u00A0\u2000-\u200A\u202F\u205F]+");
    private static final Pattern SPACE_AT_LINE_EDGE = Pattern.compile("(?m)^[ \t]+|[ \t]+$");
    private static final Pattern BLANK_LINES = Pattern.compile("\n{3,}");
    private static final Pattern LIST_ITEM = Pattern.compile(
            "^(?:[\u2022\u2023\u25AA\u25CF\u25E6\u2013\u2014*\u30FB-]|\\(?\\d{1,3}[.)]|\\(?[a-z]\\))\\s");

    private TextCleaner() {}

    /** Unicode NFC, ligatures as letters, one kind of line end; without control characters, soft hyphens and lone surrogates. */
    static String characters(String text) {
        String result = LINE_END.matcher(text).replaceAll("\n");
        result = PARAGRAPH_END.matcher(result).replaceAll("\n\n");
        result = SOFT_HYPHEN_AT_LINE_END.matcher(result).replaceAll("");
        result = UNWANTED.matcher(result).replaceAll("");
        result =
                LIGATURE.matcher(result).replaceAll(m -> LIGATURES.get(m.group().charAt(0) - '\uFB00'));
        return Normalizer.normalize(result, Normalizer.Form.NFC);
    }

    /**
     * Joins words hyphenated across lines and normalises white space; at most one empty line remains between paragraphs.
     *
     * @param unwrap whether line breaks inside paragraphs only come from the page's width and are to become spaces
     */
    static String lines(String text, boolean unwrap) {
        String result = SPACE_WITH_TAB.matcher(text).replaceAll("\t");
        result = SPACE.matcher(result).replaceAll(" ");
        result = SPACE_AT_LINE_EDGE.matcher(result).replaceAll("");
        if (unwrap) {
            result = LooseLines.join(result);
        }
        result = HYPHEN_AT_LINE_END.matcher(result).replaceAll("");
        if (unwrap) {
            result = HYPHEN_KEPT.matcher(result).replaceAll("$1");
            result = unwrap(result);
        }
        return BLANK_LINES.matcher(result).replaceAll("\n\n").strip();
    }

    private static String unwrap(String text) {
        List<String> paragraphs = new ArrayList<>();
        for (String paragraph : text.split("\n{2,}")) {
            StringBuilder joined = new StringBuilder();
            for (String line : paragraph.split("\n")) {
                if (isListItem(line)) {
                    joined.append(joined.isEmpty() ? "" : "\n").append(line);
                } else {
                    joined.append(gap(joined, line)).append(line);
                }
            }
            paragraphs.add(joined.toString());
        }
        return String.join("\n\n", paragraphs);
    }

    static boolean isListItem(String line) {
        return LIST_ITEM.matcher(line).lookingAt();
    }

    /** What to put between two pieces of text that were only parted by a line or page break. */
    static String gap(CharSequence before, String after) {
        if (before.isEmpty() || after.isEmpty()) {
            return "";
        }
        int last = Character.codePointBefore(before, before.length());
        return Scripts.isWrittenWithoutSpaces(last) && Scripts.isWrittenWithoutSpaces(after.codePointAt(0)) ? "" : " ";
    }
}
