package io.jobtrail.bench.observe;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** What a process shows to Prometheus, read line by line, and what is wrong with it by the rules of {@code promtool check metrics}. */
final class Exposition {
    private static final Pattern COMMENT = Pattern.compile("# (HELP|TYPE) (\\S+) ?(.*)");
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][\\w:]*)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]\\w*)=\"((?:[^\"\\\\]|\\\\.)*)\",?");
    private static final Pattern SNAKE_CASE = Pattern.compile("[a-z][a-z0-9]*(_[a-z0-9]+)*");
    private static final Pattern NO_BASE_UNIT =
            Pattern.compile("(.*_)?(s|sec|ms|millis|us|micros|ns|nanos|m|h|d|minutes|hours"
                    + "|days|weeks|b|kb|mb|gb|tb|pb|bits|percent|(milli|micro|nano|kilo|mega|giga|tera)[a-z]+)(_.*)?");

    private static final Set<String> TYPES = Set.of("counter", "gauge", "histogram", "summary");
    private static final Pattern SAYS_ITS_TYPE = Pattern.compile("(.*_)?(counter|gauge|histogram|summary)(_.*)?");

    /** An id, or a number that may be anything: there would be no end of series. */
    private static final Pattern UNBOUNDED =
            Pattern.compile(".*[0-9a-f]{8}-[0-9a-f]{4}-.*|.*[0-9a-f]{16,}.*|.*\\d{4,}.*|.{101,}");

    private static final int MANY_SERIES = 200;

    private final Map<String, String> types = new LinkedHashMap<>();
    private final Map<String, String> helps = new HashMap<>();
    private final Map<String, Set<String>> labels = new HashMap<>();
    private final Map<String, Integer> series = new HashMap<>();
    private final Set<String> begun = new HashSet<>();
    private String latest = "";
    private final List<String> faults = new ArrayList<>();

    Exposition(List<String> lines) {
        var seen = new HashSet<String>();
        lines.forEach(line -> {
            var comment = COMMENT.matcher(line);
            var sample = SAMPLE.matcher(line);
            if (comment.matches()) {
                var all = comment.group(1).equals("HELP") ? helps : types;
                if (all.put(comment.group(2), comment.group(3).strip()) != null) {
                    faults.add(line + ": said twice");
                }
                if (labels.containsKey(comment.group(2))) {
                    faults.add(line + ": described after its samples");
                }
                belongsTogether(comment.group(2));
            } else if (sample.matches()) {
                if (!seen.add(line.substring(0, line.lastIndexOf(' ')))) {
                    faults.add(line + ": the series is there twice");
                }
                read(sample.group(1), sample.group(2) == null ? "" : sample.group(2));
            } else {
                faults.add(line + ": is neither a comment nor a sample");
            }
        });
        check();
    }

    /** All lines of one family stand together. */
    private void belongsTogether(String family) {
        if (!latest.equals(family) && !begun.add(family)) {
            faults.add(family + ": is spread over the page");
        }
        latest = family;
    }

    private void read(String name, String text) {
        var family = familyOf(name);
        var type = types.getOrDefault(family, "");
        belongsTogether(family == null ? name : family);
        var known = labels.computeIfAbsent(name, any -> new HashSet<>());
        series.merge(name, 1, Integer::sum);
        var label = LABEL.matcher(text);
        int end = 0;
        while (label.find() && label.start() == end) {
            end = label.end();
            known.add(label.group(1));
            if (label.group(1).equals("le") && !type.equals("histogram")
                    || label.group(1).equals("quantile") && !type.equals("summary")) {
                faults.add(name + ": label " + label.group(1) + " on a " + type);
            }
            if (!SNAKE_CASE.matcher(label.group(1)).matches()) {
                faults.add(name + ": label " + label.group(1) + " is not snake_case");
            }
            if (UNBOUNDED.matcher(label.group(2)).matches()) {
                faults.add(name + ": label " + label.group(1) + " has the value " + label.group(2));
            }
        }
        if (end != text.length()) {
            faults.add(name + ": labels cannot be read: " + text);
        }
    }

    private void check() {
        types.forEach((family, type) -> {
            if (helps.getOrDefault(family, "").isBlank()) {
                faults.add(family + ": has no HELP");
            }
            if (!SNAKE_CASE.matcher(family).matches()) {
                faults.add(family + ": is not snake_case");
            }
            if (NO_BASE_UNIT.matcher(family).matches()) {
                faults.add(family + ": is not in a base unit");
            }
            if (!TYPES.contains(type)) {
                faults.add(family + ": has the type " + type);
            }
            if (SAYS_ITS_TYPE.matcher(family).matches()) {
                faults.add(family + ": says its type in its name");
            }
            if (family.matches(".*_(count|sum|bucket)")) {
                faults.add(family + ": ends like a series of a histogram or summary");
            }
            if (family.endsWith("_total") != type.equals("counter")) {
                faults.add(family + ": is a " + type + ", but only counters end in _total, and all of them do");
            }
        });
        labels.keySet().stream()
                .filter(name -> familyOf(name) == null)
                .forEach(name -> faults.add(name + ": has no TYPE"));
        series.forEach((name, count) -> {
            if (count > MANY_SERIES) {
                faults.add(name + ": has " + count + " series");
            }
        });
    }

    /** Null when nothing was said of it. */
    private String familyOf(String name) {
        if (types.containsKey(name)) {
            return name;
        }
        var whole = name.replaceFirst("_(count|sum|bucket)$", "");
        var type = types.getOrDefault(whole, "");
        boolean has = type.equals("histogram") || type.equals("summary") && !name.endsWith("_bucket");
        return has ? whole : null;
    }

    List<String> faults() {
        return faults;
    }

    /** As queries use them, each with the names of its labels. */
    Map<String, Set<String>> names() {
        return labels;
    }

    /** Metrics of our own. */
    Set<String> families() {
        return types.keySet();
    }
}
