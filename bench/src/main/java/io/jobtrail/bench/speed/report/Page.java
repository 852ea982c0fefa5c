package io.jobtrail.bench.speed.report;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The text of docs/performance.md. Says only what the figures say; what people add stands in a file of its own. */
final class Page {
    static final String NOTES = "notes.md";

    private static final String LEAD = """
            <!-- Made from performance/figures.csv and performance/environment.json: do not edit. What people have to say stands in
            performance/notes.md. -->
            # Speed

            Jobtrail against the unbatched ceiling (its own SQL, one commit each, driven by a plain JDBC loop), against plain Jesque and
            against db-scheduler, in turns on one machine. `bench/run.sh` does it again. A number is the median of %s with the range
            in brackets; a ratio is formed within each run first. The raw figures are in [figures.csv](performance/figures.csv).
            """;

    private static final String LIMITS = """
            ## What this does not show

            - Clients, workers, Postgres and Redis share the cores of one machine. There is no network between them; with one, whatever
              makes fewer round trips gains.
            - The flush of 2 ms is emulated (`commit_delay=2000, commit_siblings=0`): a commit waits that long, but the disk has no more
              to do. It says nothing about a disk that is busy.
            - But for the documents, handlers do nothing. The longer a job's own work, the less any of this matters.
            - The others run with the settings above. Other settings may suit them better.
            - Runs are short: no table has grown for months, and vacuum has not had to keep up for days.
            - Latency is that of a system with little to do, not of one near its limit.
            - Absolute numbers belong to this machine. Only ratios of one run carry over, and only to machines like it.
            """;

    private final Map<String, String> environment;
    private final Figures figures;

    Page(Map<String, String> environment, Figures figures) {
        this.environment = environment;
        this.figures = figures;
    }

    /** @param hasNotes whether there is a file of notes to link to */
    String text(boolean hasNotes) {
        var parts = new ArrayList<String>();
        parts.add(LEAD.formatted(figures.runs() == 1 ? "one run" : figures.runs() + " runs"));
        if (hasNotes) {
            parts.add("Where the time goes and what was tried: [notes](performance/%s).\n".formatted(NOTES));
        }
        parts.add("## Goals\n");
        parts.add(goals(figures));
        Workload.all(figures).forEach(workload -> parts.add(section(workload)));
        parts.add("## What is kept of a job\n");
        parts.add(kept());
        parts.add("## Machine, versions and settings\n");
        parts.add(machine());
        parts.add(LIMITS);
        return String.join("\n", parts);
    }

    static String goals(Figures figures) {
        var goals = Goal.all(figures);
        var table = new Table(List.of("goal", "wanted", "aim", "measured", ""));
        goals.forEach(goal -> table.add(goal.row()));
        var counts = goals.stream().collect(groupingBy(Goal::verdict, counting()));
        return "%d of %d are met, %d missed, %d not measured.\n\n%s"
                .formatted(
                        counts.getOrDefault(Goal.Verdict.MET, 0L),
                        goals.size(),
                        counts.getOrDefault(Goal.Verdict.MISSED, 0L),
                        counts.getOrDefault(Goal.Verdict.NOT_MEASURED, 0L),
                        table);
    }

    private String section(Workload workload) {
        var parts = new ArrayList<String>();
        parts.add("## %s\n".formatted(workload.title()));
        if (!workload.text().isEmpty()) {
            parts.add(workload.text() + "\n");
        }
        if (Plot.of(workload, figures).isPresent()) {
            parts.add("![%s](performance/%s)\n".formatted(workload.title(), workload.picture()));
        }
        parts.add(table(workload, figures));
        return String.join("\n", parts);
    }

    static String table(Workload workload, Figures figures) {
        var metrics = workload.metrics(figures);
        var header = new ArrayList<>(List.of("", "flush"));
        metrics.forEach(metric -> header.add(heading(metric, figures.unit(workload.parts(), metric))));
        var table = new Table(header);
        for (var setting : workload.settings(figures)) {
            for (var entrant : workload.entrants(figures, setting)) {
                var label = workload.label(entrant);
                var cells = new ArrayList<>(
                        List.of(entrant.isJobtrail() ? "**" + label + "**" : label, Setting.label(setting)));
                metrics.forEach(metric -> cells.add(
                        entrant.spread(figures, metric).map(Spread::toString).orElse(Table.NOT_MEASURED)));
                table.add(cells);
            }
        }
        return table.toString();
    }

    /** "completed_per_s" in "jobs/s" is "completed, jobs/s". */
    private static String heading(String metric, String unit) {
        var name = metric.replaceFirst("_(per_s|per_min|ms|mb)$", "")
                .replace('_', ' ')
                .replaceFirst("^wal\\b", "WAL")
                .replaceFirst("^rss\\b", "memory");
        if (unit.startsWith(name)) {
            return unit;
        }
        return unit.isEmpty() || name.contains(unit) ? name : name + ", " + unit;
    }

    private static String kept() {
        var table = new Table(List.of("", "durable in", "history"));
        Contestant.KNOWN.forEach(
                contestant -> table.add(List.of(contestant.label(), contestant.durable(), contestant.keeps())));
        return table.toString();
    }

    private String machine() {
        if (environment.isEmpty()) {
            return "Not recorded.\n";
        }
        var table = new Table(List.of("", ""));
        environment.forEach((name, value) -> table.add(List.of(name, value)));
        return table.toString();
    }
}
