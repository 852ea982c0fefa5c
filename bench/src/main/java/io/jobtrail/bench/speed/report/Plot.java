package io.jobtrail.bench.speed.report;

import io.jobtrail.bench.speed.report.Workload.Entrant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The frame of a workload's picture: a row for each entrant under the heading of its setting, and an axis below. The numbers have
 * a place of their own beside the marks, so that no label covers another.
 */
abstract class Plot {
    static final double MIDDLE = 13;
    private static final int WIDTH = 780;
    private static final int TOP = 66;
    private static final int ROW = 26;
    private static final int HEADING = 26;

    private final Workload workload;
    private final Figures figures;

    Plot(Workload workload, Figures figures) {
        this.workload = workload;
        this.figures = figures;
    }

    /** The picture as SVG; empty when nothing of the workload was measured. */
    static Optional<String> of(Workload workload, Figures figures) {
        var plot = workload.isLatency() ? new DotPlot(workload, figures) : new BarPlot(workload, figures);
        return plot.hasMarks() ? Optional.of(plot.draw()) : Optional.empty();
    }

    abstract List<String> metrics();

    /** The values that have to fit on the axis. */
    abstract Collection<Double> extent(Spread spread);

    abstract Axis axis(List<Double> values);

    abstract void legend(Svg svg, double y);

    /** @param spreads one for each metric, in their order */
    abstract void marks(Svg svg, Axis axis, double y, String style, List<Spread> spreads);

    private record Row(Entrant entrant, List<Spread> spreads) {}

    private List<Row> rows(String setting) {
        return workload.entrants(figures, setting).stream()
                .map(entrant -> new Row(
                        entrant,
                        metrics().stream()
                                .flatMap(metric -> entrant.spread(figures, metric).stream())
                                .toList()))
                .toList();
    }

    private List<Row> rows() {
        return workload.settings(figures).stream()
                .flatMap(setting -> rows(setting).stream())
                .toList();
    }

    /** Marks need all of their metrics. */
    private boolean isMeasured(Row row) {
        return row.spreads.size() == metrics().size();
    }

    private boolean hasMarks() {
        return rows().stream().anyMatch(this::isMeasured);
    }

    private String draw() {
        var svg = new Svg(WIDTH, title(), description());
        svg.text(16, 28, "start", "title", title());
        legend(svg, 50);
        var settings = workload.settings(figures);
        boolean headed = settings.size() > 1;
        int bottom = TOP + rows().size() * ROW + (headed ? settings.size() * HEADING : 0);
        var axis = axis(rows().stream()
                .filter(this::isMeasured)
                .flatMap(row -> row.spreads.stream())
                .flatMap(spread -> extent(spread).stream())
                .toList());
        axis.draw(
                svg, TOP, bottom + 4.0, figures.unit(workload.parts(), metrics().get(0)));
        int y = TOP;
        for (var setting : settings) {
            if (headed) {
                svg.text(16, y + 18.0, "start", "faint", Setting.label(setting));
                y += HEADING;
            }
            for (var row : rows(setting)) {
                draw(svg, axis, y, row);
                y += ROW;
            }
        }
        return svg.toString(bottom + 34);
    }

    private void draw(Svg svg, Axis axis, int y, Row row) {
        boolean ours = row.entrant.isJobtrail();
        svg.text(Axis.LEFT - 10, y + MIDDLE + 4.5, "end", ours ? "strong" : "", workload.label(row.entrant));
        if (isMeasured(row)) {
            marks(svg, axis, y, ours ? "ours" : "theirs", row.spreads);
        } else {
            svg.text(Axis.LEFT + 8, y + MIDDLE + 4.5, "start", "faint", Table.NOT_MEASURED);
        }
    }

    private String title() {
        return workload.title() + ": " + what();
    }

    abstract String what();

    private String description() {
        var lines = new ArrayList<String>();
        for (var setting : workload.settings(figures)) {
            lines.add(rows(setting).stream()
                    .map(row -> workload.label(row.entrant) + " "
                            + (isMeasured(row)
                                    ? row.spreads.stream().map(Spread::toString).collect(Collectors.joining(" / "))
                                    : Table.NOT_MEASURED))
                    .collect(Collectors.joining("; ", Setting.label(setting) + ": ", ".")));
        }
        return String.join(" ", lines);
    }

    Figures figures() {
        return figures;
    }

    Workload workload() {
        return workload;
    }
}
