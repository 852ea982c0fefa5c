package io.jobtrail.bench.speed;

import io.jobtrail.config.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** The figures of all runs and where they were measured, as files. Judges nothing. */
final class Results {
    private final List<Figure> figures = new ArrayList<>();
    private final Map<String, String> environment;
    private final Path directory;

    /** @param directory where figures.csv and environment.json go */
    Results(Path directory, Map<String, String> environment) {
        this.directory = directory;
        this.environment = environment;
    }

    void add(Figure figure) {
        figures.add(figure);
    }

    List<Figure> figures() {
        return List.copyOf(figures);
    }

    /** Again after each measurement, so that a run that breaks off leaves what it has. */
    void write() throws IOException {
        Files.createDirectories(directory);
        Files.write(
                directory.resolve("figures.csv"),
                Stream.concat(
                                Stream.of("workload,contestant,setting,run,metric,value,unit"),
                                figures.stream().map(Results::line))
                        .toList());
        Files.writeString(
                directory.resolve("environment.json"),
                Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(environment) + "\n");
    }

    private static String line(Figure figure) {
        return String.format(
                Locale.ROOT,
                "%s,%s,%s,%d,%s,%.6g,%s",
                figure.workload(),
                figure.contestant(),
                figure.setting(),
                figure.run(),
                figure.metric(),
                figure.value(),
                figure.unit());
    }

    /** Median, smallest and largest value of each metric, in the order in which they were first measured. */
    List<String> summary() {
        return figures.stream()
                .map(figure -> new Figure(
                        figure.workload(), figure.contestant(), figure.setting(), 0, figure.metric(), 0, figure.unit()))
                .distinct()
                .map(this::summary)
                .toList();
    }

    private String summary(Figure of) {
        var values = figures.stream()
                .filter(figure -> figure.workload().equals(of.workload())
                        && figure.contestant().equals(of.contestant())
                        && figure.setting().equals(of.setting())
                        && figure.metric().equals(of.metric()))
                .mapToDouble(Figure::value)
                .sorted()
                .toArray();
        int n = values.length;
        return String.format(
                Locale.ROOT,
                "%-12s %-10s %-13s %-24s %,12.2f (%,.2f to %,.2f) %s",
                of.workload(),
                of.setting(),
                of.contestant(),
                of.metric(),
                (values[(n - 1) / 2] + values[n / 2]) / 2,
                values[0],
                values[n - 1],
                of.unit());
    }
}
