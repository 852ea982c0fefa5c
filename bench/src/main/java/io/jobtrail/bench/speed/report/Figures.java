package io.jobtrail.bench.speed.report;

import io.jobtrail.bench.speed.Figure;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The measured figures, to be asked for. What was not measured is empty here, never zero. */
final class Figures {
    static final String DISK = "disk";
    static final String SLOW_FLUSH = "flush-2ms";

    private final List<Figure> all;

    Figures(List<Figure> all) {
        this.all =
                all.stream().filter(figure -> Double.isFinite(figure.value())).toList();
    }

    /** @throws IllegalStateException when a run has two values */
    Series series(String workload, String contestant, String setting, String metric) {
        return new Series(all.stream()
                .filter(figure -> figure.workload().equals(workload)
                        && figure.contestant().equals(contestant)
                        && figure.setting().equals(setting)
                        && figure.metric().equals(metric))
                .collect(Collectors.toMap(Figure::run, Figure::value, Figures::refuse, TreeMap::new)));
    }

    private static Double refuse(Double one, Double other) {
        throw new IllegalStateException("two values for the same figure of one run: " + one + " and " + other);
    }

    /** What occurs in the figures of these workloads, in the order of the figures. */
    Set<String> of(List<String> workloads, Function<Figure, String> component) {
        return all.stream()
                .filter(figure -> workloads.contains(figure.workload()))
                .map(component)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    Set<String> contestants(String workload, String setting) {
        return all.stream()
                .filter(figure ->
                        figure.workload().equals(workload) && figure.setting().equals(setting))
                .map(Figure::contestant)
                .collect(Collectors.toSet());
    }

    Set<String> workloads() {
        return all.stream().map(Figure::workload).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Empty when the metric was not measured. */
    String unit(List<String> workloads, String metric) {
        return all.stream()
                .filter(figure ->
                        workloads.contains(figure.workload()) && figure.metric().equals(metric))
                .map(Figure::unit)
                .findFirst()
                .orElse("");
    }

    int runs() {
        return all.stream().mapToInt(Figure::run).max().orElse(0);
    }
}
