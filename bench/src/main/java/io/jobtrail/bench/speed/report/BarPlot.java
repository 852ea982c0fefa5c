package io.jobtrail.bench.speed.report;

import java.util.Collection;
import java.util.List;

/** Throughput: a bar to the median, a line over the range of the runs. */
final class BarPlot extends Plot {
    private static final double HALF = 8;

    BarPlot(Workload workload, Figures figures) {
        super(workload, figures);
    }

    @Override
    String what() {
        return figures().unit(workload().parts(), metrics().get(0));
    }

    @Override
    List<String> metrics() {
        return List.of(workload().headline(figures()));
    }

    @Override
    Collection<Double> extent(Spread spread) {
        return List.of(spread.max());
    }

    @Override
    Axis axis(List<Double> values) {
        return Axis.linear(values);
    }

    @Override
    void legend(Svg svg, double y) {
        svg.text(16, y, "start", "faint", "bar: median of the runs; line: from the slowest run to the fastest");
    }

    @Override
    void marks(Svg svg, Axis axis, double y, String style, List<Spread> spreads) {
        var spread = spreads.get(0);
        double middle = y + MIDDLE;
        svg.rectangle(axis.at(0), middle - HALF, axis.at(spread.median()) - axis.at(0), 2 * HALF, style);
        svg.line(axis.at(spread.min()), middle, axis.at(spread.max()), middle, "range");
        for (double end : List.of(spread.min(), spread.max())) {
            svg.line(axis.at(end), middle - HALF / 2, axis.at(end), middle + HALF / 2, "range");
        }
        svg.text(axis.at(spread.max()) + 8, middle + 4.5, "start", "", spread.toString());
    }
}
