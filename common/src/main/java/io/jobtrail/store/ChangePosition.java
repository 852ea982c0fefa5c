package io.jobtrail.store;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How far somebody has seen the changes: all that one snapshot of the database sees, and of what a second one sees beside it the
 * changes up to an entry of a statement. Means the same to every process, before and after a restart.
 *
 * @param from in the text form of {@code pg_snapshot}, likewise to
 * @param to null = nothing was seen beside from
 * @param entry index among the jobs of the statement
 */
public record ChangePosition(String from, String to, long statement, int entry) {
    private static final String SNAPSHOT = "(\\d{1,18}:\\d{1,18}:(?:\\d{1,18}(?:,\\d{1,18})*)?)";
    private static final Pattern TEXT = Pattern.compile(SNAPSHOT + "(?:;" + SNAPSHOT + ";(\\d{1,18})\\.(\\d{1,9}))?");
    private static final int LONGEST = 16_000;

    static ChangePosition behind(String snapshot) {
        return new ChangePosition(snapshot, null, 1, -1);
    }

    /** Without blanks or line ends, for a header. */
    public String text() {
        return to == null ? from : "%s;%s;%d.%d".formatted(from, to, statement, entry);
    }

    /** Empty for what {@link #text} never gives. */
    public static Optional<ChangePosition> parse(String text) {
        var parts = TEXT.matcher(text);
        if (text.length() > LONGEST
                || !parts.matches()
                || !isSnapshot(parts.group(1))
                || parts.group(2) != null && !isSnapshot(parts.group(2))) {
            return Optional.empty();
        }
        return Optional.of(
                parts.group(2) == null
                        ? behind(parts.group(1))
                        : new ChangePosition(
                                parts.group(1),
                                parts.group(2),
                                Long.parseLong(parts.group(3)),
                                Integer.parseInt(parts.group(4))));
    }

    /** What Postgres would take: numbers in ascending order, and those that were open between the bounds. */
    private static boolean isSnapshot(String text) {
        var parts = text.split(":", -1);
        long least = Long.parseLong(parts[0]);
        long bound = Long.parseLong(parts[1]);
        if (least < 1 || bound < least) {
            return false;
        }
        long last = least - 1;
        for (var open : parts[2].isEmpty() ? new String[0] : parts[2].split(",")) {
            long next = Long.parseLong(open);
            if (next <= last || next >= bound) {
                return false;
            }
            last = next;
        }
        return true;
    }
}
