package io.jobtrail.bench.speed.report;

import java.util.Collection;
import java.util.Locale;

/** What several runs came to: the median and the range. Its text is the only form in which the report gives a number. */
record Spread(double median, double min, double max, int runs) {
    static Spread of(Collection<Double> values) {
        var sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1], sorted.length);
    }

    /** Three significant digits, and all digits before the point. */
    static String number(double value) {
        double size = Math.abs(value);
        if (size >= 100 || size == 0) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        int decimals = 2 - (int) Math.floor(Math.log10(size));
        return String.format(Locale.ROOT, "%." + Math.min(decimals, 6) + "f", value);
    }

    /** Median (min–max), or the number alone where there was one run. */
    @Override
    public String toString() {
        return runs == 1 ? number(median) : "%s (%s–%s)".formatted(number(median), number(min), number(max));
    }
}
