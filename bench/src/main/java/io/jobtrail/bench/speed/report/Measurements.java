package io.jobtrail.bench.speed.report;

import com.fasterxml.jackson.core.type.TypeReference;
import io.jobtrail.bench.speed.Figure;
import io.jobtrail.config.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was measured, and where: the raw files from which the page can be made again. Judges nothing. */
public record Measurements(Map<String, String> environment, List<Figure> figures) {
    private static final String HEADER = "workload,contestant,setting,run,metric,value,unit";
    private static final String CSV = "figures.csv";
    private static final String JSON = "environment.json";

    static Measurements read(Path directory) throws IOException {
        var lines = Files.readAllLines(directory.resolve(CSV));
        if (!lines.get(0).equals(HEADER)) {
            throw new IOException("%s does not begin with %s".formatted(directory.resolve(CSV), HEADER));
        }
        var environment = Json.MAPPER.readValue(
                directory.resolve(JSON).toFile(), new TypeReference<LinkedHashMap<String, String>>() {});
        return new Measurements(
                environment, lines.stream().skip(1).map(Measurements::figure).toList());
    }

    void write(Path directory) throws IOException {
        var lines = new ArrayList<>(List.of(HEADER));
        figures.forEach(figure -> lines.add(line(figure)));
        Files.writeString(directory.resolve(CSV), String.join("\n", lines) + "\n");
        Files.writeString(
                directory.resolve(JSON),
                Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(environment) + "\n");
    }

    private static String line(Figure figure) {
        var cells = List.of(
                figure.workload(),
                figure.contestant(),
                figure.setting(),
                Integer.toString(figure.run()),
                figure.metric(),
                Double.toString(figure.value()),
                figure.unit());
        if (cells.stream().anyMatch(cell -> cell.matches("(?s).*[,\"\\r\\n].*"))) {
            throw new IllegalArgumentException("a comma, quote or line break in " + figure);
        }
        return String.join(",", cells);
    }

    private static Figure figure(String line) {
        var cells = line.split(",", -1);
        if (cells.length != 7) {
            throw new IllegalArgumentException("not a line of " + CSV + ": " + line);
        }
        return new Figure(
                cells[0],
                cells[1],
                cells[2],
                Integer.parseInt(cells[3]),
                cells[4],
                Double.parseDouble(cells[5]),
                cells[6]);
    }
}
