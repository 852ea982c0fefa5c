package io.jobtrail.bench.observe;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The metrics that a query in PromQL names, and the labels it names with each. No judge of its grammar beyond brackets. */
final class Query {
    private static final Pattern TEXT = Pattern.compile("\"[^\"]*\"");
    private static final Pattern GROUPING =
            Pattern.compile("\\b(by|without|on|ignoring|group_left|group_right)\\s*\\(([^)]*)\\)");
    private static final Pattern METRIC =
            Pattern.compile("(?<![\\w.$])([a-zA-Z_:][\\w:]*)\\s*(\\{[^}]*})?(?!\\s*\\()(?![\\w:])");
    private static final Pattern MATCHER = Pattern.compile("([a-zA-Z_]\\w*)\\s*(?:=~|!~|!=|=)");
    private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool", "offset", "inf", "nan");

    private final Map<String, Set<String>> metrics = new LinkedHashMap<>();

    Query(String text) {
        for (var pair : new String[] {"()", "[]", "{}"}) {
            if (count(text, pair.charAt(0)) != count(text, pair.charAt(1))) {
                throw new IllegalArgumentException("the brackets " + pair + " do not match: " + text);
            }
        }
        var bare = TEXT.matcher(text).replaceAll("\"\"").replaceAll("\\[[^]]*]", "");
        var groups = new LinkedHashSet<String>();
        GROUPING.matcher(bare).results().forEach(group -> {
            if (!group.group(1).equals("without") && !group.group(1).equals("ignoring")) {
                for (var label : group.group(2).split(",")) {
                    groups.add(label.strip());
                }
            }
        });
        groups.remove("");
        METRIC.matcher(GROUPING.matcher(bare).replaceAll(" "))
                .results()
                .filter(metric -> !WORDS.contains(metric.group(1)))
                .forEach(metric -> {
                    var labels = metrics.computeIfAbsent(metric.group(1), any -> new LinkedHashSet<>(groups));
                    if (metric.group(2) != null) {
                        MATCHER.matcher(metric.group(2)).results().forEach(label -> labels.add(label.group(1)));
                    }
                });
        if (metrics.isEmpty()) {
            throw new IllegalArgumentException("no metric in: " + text);
        }
    }

    private static long count(String text, char bracket) {
        return text.chars().filter(c -> c == bracket).count();
    }

    Map<String, Set<String>> metrics() {
        return metrics;
    }
}
