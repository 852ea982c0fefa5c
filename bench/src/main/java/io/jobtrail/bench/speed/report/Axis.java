package io.jobtrail.bench.speed.report;

import java.util.Collection;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Where a value stands between the left and the right end of a plot, and which round values are marked there. */
record Axis(List<Double> ticks, DoubleUnaryOperator scale) {
    static final double LEFT = 140;
    private static final double LENGTH = 400;
    private static final int MOST_STEPS = 5;

    /** From zero to the largest value; steps of 1, 2 or 5 times a power of ten. */
    static Axis linear(Collection<Double> values) {
        double max = largest(values);
        double power = Math.pow(10, Math.floor(Math.log10(max / MOST_STEPS)));
        double step = DoubleStream.of(1, 2, 5, 10)
                .map(factor -> factor * power)
                .filter(candidate -> max / candidate <= MOST_STEPS)
                .findFirst()
                .orElseThrow();
        var ticks = IntStream.rangeClosed(0, (int) (max / step))
                .mapToObj(i -> i * step)
                .toList();
        return new Axis(ticks, value -> value / max);
    }

    /** Whole decades around the values. What is not above zero stands at the left end. */
    static Axis logarithmic(Collection<Double> values) {
        double max = largest(values);
        double min =
                values.stream().filter(value -> value > 0).min(Double::compare).orElse(max);
        int first = (int) Math.floor(Math.log10(min));
        int last = Math.max((int) Math.ceil(Math.log10(max)), first + 1);
        var ticks = IntStream.rangeClosed(first, last)
                .mapToObj(i -> Math.pow(10, i))
                .toList();
        return new Axis(ticks, value -> value <= 0 ? 0 : (Math.log10(value) - first) / (last - first));
    }

    private static double largest(Collection<Double> values) {
        double max = values.stream().mapToDouble(Double::doubleValue).max().orElse(1);
        return max > 0 ? max : 1;
    }

    double at(double value) {
        return LEFT + LENGTH * scale.applyAsDouble(value);
    }

    /** Right of every value. */
    static double end() {
        return LEFT + LENGTH;
    }

    void draw(Svg svg, double top, double bottom, String unit) {
        for (double tick : ticks) {
            svg.line(at(tick), top, at(tick), bottom, "grid");
            svg.text(at(tick), bottom + 18, "middle", "faint", label(tick));
        }
        svg.text(end() + 60, bottom + 18, "start", "faint", unit);
    }

    private static String label(double tick) {
        return tick >= 10 || tick == 0
                ? Spread.number(tick).replaceFirst("\\.0+$", "")
                : Double.toString(tick).replaceFirst("\\.0$", "");
    }
}
