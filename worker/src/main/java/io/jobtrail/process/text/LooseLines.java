package io.jobtrail.process.text;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Puts paragraphs of widely spaced pages together again. There an extractor takes every line for a paragraph of its own, which
 * would tear sentences and hyphenated words apart. Pages with real paragraphs are left alone.
 */
final class LooseLines {
    private static final int FEWEST_BLOCKS = 5;
    private static final double SINGLE_LINES = 0.7;
    private static final double FULL_LINE = 0.8;
    private static final double USUAL = 0.75;
    private static final String TERMINAL = ".!?:;…。！？：；";
    private static final Pattern BLANK = Pattern.compile("\n{2,}");

    private LooseLines() {}

    static String join(String text) {
        List<String> blocks = Arrays.asList(BLANK.split(text.strip()));
        long single = blocks.stream().filter(block -> block.indexOf('\n') < 0).count();
        if (blocks.size() < FEWEST_BLOCKS || single < SINGLE_LINES * blocks.size()) {
            return text;
        }
        int full = (int) (FULL_LINE * usualLength(text));
        StringBuilder joined = new StringBuilder(blocks.get(0));
        for (int i = 1; i < blocks.size(); i++) {
            joined.append(goesOn(blocks.get(i - 1), blocks.get(i), full) ? "\n" : "\n\n")
                    .append(blocks.get(i));
        }
        return joined.toString();
    }

    /** The length that three of four lines do not exceed: headings and last lines of paragraphs are shorter, titles longer. */
    private static int usualLength(String text) {
        int[] lengths = text.lines()
                .filter(line -> !line.isBlank())
                .mapToInt(String::length)
                .sorted()
                .toArray();
        return lengths[(int) (USUAL * (lengths.length - 1))];
    }

    private static boolean goesOn(String block, String next, int full) {
        String line = block.substring(block.lastIndexOf('\n') + 1);
        boolean ended = TERMINAL.indexOf(line.charAt(line.length() - 1)) >= 0;
        return !ended && !TextCleaner.isListItem(next) && line.length() >= full;
    }
}
