package io.jobtrail.bench.speed.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A table in Markdown. */
final class Table {
    static final String NOT_MEASURED = "not measured";

    private final List<String> lines = new ArrayList<>();

    Table(List<String> header) {
        add(header);
        lines.add("|" + "---|".repeat(header.size()));
    }

    void add(List<String> cells) {
        lines.add(cells.stream()
                .map(cell -> cell.replace("|", "\\|").replaceAll("\\s*\\R\\s*", " "))
                .collect(Collectors.joining(" | ", "| ", " |")));
    }

    @Override
    public String toString() {
        return String.join("\n", lines) + "\n";
    }
}
