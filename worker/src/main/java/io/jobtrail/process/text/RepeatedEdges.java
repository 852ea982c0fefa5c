package io.jobtrail.process.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds and drops running headers and footers: lines at the top or bottom of pages that return on most of them, also when a
 * page number in them counts up with the pages. Other numbers must stay the same, so that a table's last row or an invoice's
 * total is not taken for a footer.
 */
final class RepeatedEdges {
    private static final int DEPTH = 3;
    private static final int FEWEST_PAGES = 3;
    /** Under one half, because left and right pages may take turns. */
    private static final double SHARE = 0.4;
    /** Enough to see what repeats; bounds the memory for long documents. */
    private static final int MOST_PAGES_LOOKED_AT = 500;

    private static final int LONGEST_LINE = 300;
    private static final Pattern NUMBER = Pattern.compile("\\d{1,6}");

    private final int stride;
    private final Map<String, Integer> pagesWith = new HashMap<>();
    private int pagesLookedAt;

    RepeatedEdges(int pages) {
        stride = Math.max(1, (pages + MOST_PAGES_LOOKED_AT - 1) / MOST_PAGES_LOOKED_AT);
    }

    /** Takes note of a page's first and last lines. */
    void learn(int page, String text) {
        if (page % stride != 0 && stride > 1) {
            return;
        }
        pagesLookedAt++;
        List<String> lines = filledLines(text);
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < Math.min(DEPTH, lines.size()); i++) {
            keys.addAll(keys('^', page, lines.get(i)));
            keys.addAll(keys('$', page, lines.get(lines.size() - 1 - i)));
        }
        keys.forEach(key -> pagesWith.merge(key, 1, Integer::sum));
    }

    /** The page's text without its headers and footers. */
    String drop(int page, String text) {
        List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
        for (int dropped = 0; dropped < DEPTH; dropped++) {
            int first = firstFilled(lines);
            if (first < 0 || !isRepeated('^', page, lines.get(first))) {
                break;
            }
            lines.subList(0, first + 1).clear();
        }
        for (int dropped = 0; dropped < DEPTH; dropped++) {
            int last = lastFilled(lines);
            if (last < 0 || !isRepeated('$', page, lines.get(last))) {
                break;
            }
            lines.subList(last, lines.size()).clear();
        }
        return String.join("\n", lines);
    }

    private boolean isRepeated(char edge, int page, String line) {
        double enough = Math.max(FEWEST_PAGES, pagesLookedAt * SHARE);
        return keys(edge, page, line).stream().anyMatch(key -> pagesWith.getOrDefault(key, 0) >= enough);
    }

    /** The line itself, and once for each number in it the line with that number's distance from the page's. */
    private static List<String> keys(char edge, int page, String line) {
        String normal = edge + line.strip().replaceAll("\\s+", " ");
        List<String> keys = new ArrayList<>();
        if (normal.length() > LONGEST_LINE) {
            return keys;
        }
        keys.add(normal);
        Matcher number = NUMBER.matcher(normal);
        while (number.find()) {
            int distance = Integer.parseInt(number.group()) - page;
            keys.add(normal.substring(0, number.start()) + "\0" + distance + "\0" + normal.substring(number.end()));
        }
        return keys;
    }

    private static List<String> filledLines(String text) {
        return text.lines().filter(line -> !line.isBlank()).toList();
    }

    private static int firstFilled(List<String> lines) {
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                return i;
            }
        }
        return -1;
    }

    private static int lastFilled(List<String> lines) {
        for (int i = lines.size() - 1; i >= 0; i--) {
            if (!lines.get(i).isBlank()) {
                return i;
            }
        }
        return -1;
    }
}
