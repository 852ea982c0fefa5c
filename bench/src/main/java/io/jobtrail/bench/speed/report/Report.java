package io.jobtrail.bench.speed.report;

import io.jobtrail.bench.speed.Figure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Tells what was measured: docs/performance.md with its pictures, and the raw figures beside it. Measures nothing, and leaves
 * alone what people wrote in docs/performance/notes.md.
 */
public final class Report {
    private Report() {}

    /** Writes the raw files first: a page that cannot be made must not cost the measurement. */
    public static void write(Path docsDirectory, Map<String, String> environment, List<Figure> figures)
            throws IOException {
        var directory = Files.createDirectories(raw(docsDirectory));
        new Measurements(environment, figures).write(directory);
        remake(docsDirectory);
    }

    /** What was measured last. */
    public static Measurements read(Path docsDirectory) throws IOException {
        return Measurements.read(raw(docsDirectory));
    }

    /** Makes page and pictures again from the raw files, without measuring. */
    public static void remake(Path docsDirectory) throws IOException {
        var directory = raw(docsDirectory);
        var measurements = read(docsDirectory);
        var figures = new Figures(measurements.figures());
        for (var workload : Workload.all(figures)) {
            var picture = directory.resolve(workload.picture());
            var plot = Plot.of(workload, figures);
            if (plot.isPresent()) {
                Files.writeString(picture, plot.get());
            } else {
                Files.deleteIfExists(picture); // one of an earlier measurement would belong to other figures
            }
        }
        var page = new Page(measurements.environment(), figures);
        Files.writeString(
                docsDirectory.resolve("performance.md"), page.text(Files.exists(directory.resolve(Page.NOTES))));
    }

    /** Goals and tables as text, for the terminal. */
    public static String summary(List<Figure> measured) {
        var figures = new Figures(measured);
        return Workload.all(figures).stream()
                .map(workload -> "\n%s\n\n%s".formatted(workload.title(), Page.table(workload, figures)))
                .collect(Collectors.joining("", Page.goals(figures), ""));
    }

    private static Path raw(Path docsDirectory) {
        return docsDirectory.resolve("performance");
    }
}
