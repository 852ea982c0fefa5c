package io.jobtrail.bench.speed.report;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Latency: a mark for each percentile, the median of the runs, on a logarithmic scale. */
final class DotPlot extends Plot {
    private static final double RADIUS = 5;

    DotPlot(Workload workload, Figures figures) {
        super(workload, figures);
    }

    @Override
    String what() {
        return "p50, p95, p99";
    }

    @Override
    List<String> metrics() {
        return Workload.PERCENTILES;
    }

    @Override
    Collection<Double> extent(Spread spread) {
        return List.of(spread.median());
    }

    @Override
    Axis axis(List<Double> values) {
        return Axis.logarithmic(values);
    }

    @Override
    void legend(Svg svg, double y) {
        double x = 22;
        for (int i = 0; i < metrics().size(); i++) {
            mark(svg, i, x, y - 4, "theirs");
            svg.text(x + 12, y, "start", "faint", metrics().get(i));
            x += 62;
        }
        svg.text(x, y, "start", "faint", "logarithmic; less is better");
        svg.text(Axis.end() + 60, y, "start", "faint", String.join(" / ", metrics()));
    }

    @Override
    void marks(Svg svg, Axis axis, double y, String style, List<Spread> spreads) {
        double middle = y + MIDDLE;
        svg.line(axis.at(spreads.get(0).median()), middle, axis.at(last(spreads).median()), middle, style);
        for (int i = 0; i < spreads.size(); i++) {
            mark(svg, i, axis.at(spreads.get(i).median()), middle, style);
        }
        svg.text(
                Axis.end() + 60,
                middle + 4.5,
                "start",
                "",
                spreads.stream().map(spread -> Spread.number(spread.median())).collect(Collectors.joining(" / ")));
    }

    private static Spread last(List<Spread> spreads) {
        return spreads.get(spreads.size() - 1);
    }

    /** A full circle, a hollow circle, a bar: they can be told apart where they touch, and without colours. */
    private static void mark(Svg svg, int percentile, double x, double y, String style) {
        switch (percentile) {
            case 0 -> svg.circle(x, y, RADIUS, style);
            case 1 -> svg.circle(x, y, RADIUS - 1, style + " hollow");
            default -> svg.rectangle(x - 1.5, y - RADIUS - 2, 3, 2 * RADIUS + 4, style);
        }
    }
}
