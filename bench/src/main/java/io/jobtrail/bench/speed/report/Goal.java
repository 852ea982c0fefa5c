package io.jobtrail.bench.speed.report;

import static io.jobtrail.bench.speed.report.Contestant.CEILING;
import static io.jobtrail.bench.speed.report.Contestant.DB_SCHEDULER;
import static io.jobtrail.bench.speed.report.Contestant.JESQUE;
import static io.jobtrail.bench.speed.report.Contestant.JOBTRAIL;
import static io.jobtrail.bench.speed.report.Figures.DISK;
import static io.jobtrail.bench.speed.report.Figures.SLOW_FLUSH;

import java.util.List;
import java.util.Optional;

/** One of the speeds that Jobtrail is to reach, and whether it does. Judges medians; rounds nothing before judging. */
record Goal(String name, Optional<Spread> measured, Bound bound, Optional<Bound> aim) {
    /** Resident memory may differ by this much between the beginning and the end of an upload run and count as flat. */
    private static final double FLAT = 1.25;

    enum Verdict {
        MET("met"),
        MISSED("**MISSED**"),
        NOT_MEASURED(Table.NOT_MEASURED);

        final String text;

        Verdict(String text) {
            this.text = text;
        }
    }

    static List<Goal> all(Figures figures) {
        var mix = rate(figures, Workload.MIX, JOBTRAIL, DISK);
        var p50 = latency(figures, JOBTRAIL, "p50");
        return List.of(
                goal("mix: Jobtrail ÷ db-scheduler", mix.over(rate(figures, Workload.MIX, DB_SCHEDULER, DISK)), 1, 1.3),
                goal("mix: Jobtrail ÷ ceiling", mix.over(rate(figures, Workload.MIX, CEILING, DISK)), Bound.atLeast(1)),
                goal(
                        "drain: Jobtrail ÷ plain Jesque",
                        rate(figures, Workload.DRAIN, JOBTRAIL, DISK).over(rate(figures, Workload.DRAIN, JESQUE, DISK)),
                        0.6,
                        0.8),
                goal("start latency at 200/s: p50, ms", p50, Bound.atMost(3)),
                goal("start latency at 200/s: p99, ms", latency(figures, JOBTRAIL, "p99"), Bound.atMost(15)),
                goal(
                        "start latency at 200/s: p50, Jobtrail ÷ plain Jesque",
                        p50.over(latency(figures, JESQUE, "p50")),
                        Bound.atMost(1 / 50.0).named("≤ 1/50 = 0.02")),
                goal(
                        "mix: with a 2 ms flush ÷ with the disk as it is",
                        rate(figures, Workload.MIX, JOBTRAIL, SLOW_FLUSH).over(mix),
                        new Bound("> 2/3", ratio -> ratio > 2 / 3.0)),
                goal(
                        "HTTP, 1 KB JSON: requests/s",
                        rate(figures, Workload.HTTP_JSON, JOBTRAIL, DISK),
                        Bound.atLeast(2_500)),
                goal(
                        "HTTP, 100 KB file: requests/s",
                        rate(figures, Workload.HTTP_FILE, JOBTRAIL, DISK),
                        Bound.atLeast(500)),
                goal(
                        "HTTP, 100 KB file: memory at the end ÷ at the start",
                        memory(figures, "rss_end_mb").over(memory(figures, "rss_start_mb")),
                        Bound.atMost(FLAT)));
    }

    private static Goal goal(String name, Series measured, double bound, double aim) {
        return new Goal(name, measured.spread(), Bound.atLeast(bound), Optional.of(Bound.atLeast(aim)));
    }

    private static Goal goal(String name, Series measured, Bound bound) {
        return new Goal(name, measured.spread(), bound, Optional.empty());
    }

    private static Series rate(Figures figures, Workload workload, String contestant, String setting) {
        return figures.series(workload.name(), contestant, setting, workload.headline(figures));
    }

    private static Series latency(Figures figures, String contestant, String percentile) {
        return figures.series(Workload.LATENCY_200.name(), contestant, DISK, percentile);
    }

    private static Series memory(Figures figures, String metric) {
        return figures.series(Workload.HTTP_FILE.name(), JOBTRAIL, DISK, metric);
    }

    Verdict verdict() {
        return measured.map(spread -> bound.holds().test(spread.median()) ? Verdict.MET : Verdict.MISSED)
                .orElse(Verdict.NOT_MEASURED);
    }

    /** One line of the table of goals. */
    List<String> row() {
        var reached = measured.flatMap(
                spread -> aim.map(high -> high.holds().test(spread.median()) ? " (reached)" : " (not reached)"));
        return List.of(
                name,
                bound.text(),
                aim.map(Bound::text).orElse("") + reached.orElse(""),
                measured.map(Spread::toString).orElse(Table.NOT_MEASURED),
                verdict().text);
    }
}
