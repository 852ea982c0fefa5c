package io.jobtrail.bench.storm;

import io.jobtrail.bench.storm.check.Kills;
import io.jobtrail.bench.storm.check.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** What one or several storms came to, as Markdown. */
final class StormReport {
    /** How often stale jobs are looked for. */
    private static final Duration SWEEP = Duration.ofSeconds(5);

    /** What a machine of two cores may need on top, when faults come one upon the other. */
    private static final Duration SLACK = Duration.ofSeconds(10);

    private final List<StormRun.Outcome> outcomes;
    private final Cluster.Setup setup;

    StormReport(List<StormRun.Outcome> outcomes, Cluster.Setup setup) {
        this.outcomes = outcomes;
        this.setup = setup;
    }

    /** No rule is broken, nothing took too long, and every storm that stopped workers had a zombie's write refused. */
    boolean isPassed() {
        return outcomes.stream().allMatch(this::isPassed);
    }

    private boolean isPassed(StormRun.Outcome outcome) {
        var verdict = outcome.verdict();
        boolean stoppedSome = outcome.faults().containsKey(Fault.STOP_WORKER.wireName());
        return verdict.isSound()
                && (!stoppedSome || verdict.zombieWritesRefused() > 0)
                && verdict.recovery(1)
                        .map(longest -> longest.compareTo(bound()) <= 0)
                        .orElse(true);
    }

    @Override
    public String toString() {
        var seeds =
                outcomes.stream().map(outcome -> Long.toString(outcome.seed())).collect(Collectors.joining(", "));
        var lines = new ArrayList<String>();
        lines.add("");
        lines.add("| seed %s | |".formatted(seeds));
        lines.add("|---|---|");
        row(lines, "attempted", Verdict::attempted);
        row(lines, "acknowledged", Verdict::acked);
        row(lines, "refused", Verdict::refused);
        row(lines, "unknown", Verdict::unknown);
        row(lines, "recovered (unknown, and accepted)", Verdict::recovered);
        row(lines, "ok (acknowledged, and ended)", Verdict::ok);
        row(lines, "**lost**", Verdict::lost);
        row(lines, "**double-finished**", Verdict::doubleFinished);
        row(lines, "**unexpected**", Verdict::unexpected);
        row(lines, "**rules broken**", verdict -> verdict.violations().size());
        row(lines, "duplicated (handler ran more than once)", Verdict::duplicated);
        row(lines, "zombie writes refused", Verdict::zombieWritesRefused);
        lines.add("| finished / failed / cancelled | %d / %d / %d |"
                .formatted(sum(Verdict::finished), sum(Verdict::failed), sum(Verdict::cancelled)));
        lines.add("| recovery p50 / p99 / max | %s, bound %s |".formatted(recovery(), inSeconds(bound())));
        lines.add("| after healing until the last job ended | %s |"
                .formatted(outcomes.stream()
                        .map(outcome -> inSeconds(outcome.toSettle()))
                        .collect(Collectors.joining(", "))));
        lines.add("| faults | %d: %s |"
                .formatted(outcomes.stream().mapToInt(StormRun.Outcome::done).sum(), faults()));
        lines.add("| programs started again | %d |"
                .formatted(
                        outcomes.stream().mapToInt(StormRun.Outcome::restarts).sum()));
        lines.add("| workers killed while | %s |".formatted(kills()));
        lines.add("| `/health` said | %s |".formatted(health()));
        return String.join("\n", lines) + "\n";
    }

    private void row(List<String> lines, String name, ToLongFunction<Verdict> value) {
        lines.add("| %s | %,d |".formatted(name, sum(value)));
    }

    private long sum(ToLongFunction<Verdict> value) {
        return outcomes.stream().map(StormRun.Outcome::verdict).mapToLong(value).sum();
    }

    /** Of a job whose worker was lost: it must be taken from it within the lease and one sweep. */
    private Duration bound() {
        return setup.lease().plus(SWEEP).plus(SLACK);
    }

    private String recovery() {
        var all = outcomes.stream()
                .flatMap(outcome -> outcome.verdict().recoveries().stream())
                .sorted()
                .toList();
        if (all.isEmpty()) {
            return "-";
        }
        return List.of(0.5, 0.99, 1.0).stream()
                        .map(share -> inSeconds(all.get((int) Math.ceil(share * all.size()) - 1)))
                        .collect(Collectors.joining(" / "))
                + " of " + all.size();
    }

    private static String inSeconds(Duration time) {
        return "%.1f s".formatted(time.toMillis() / 1e3);
    }

    private String faults() {
        var counts = new TreeMap<String, Long>();
        outcomes.forEach(outcome -> outcome.faults().forEach((kind, count) -> counts.merge(kind, count, Long::sum)));
        return counts.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    private String kills() {
        var counts = new TreeMap<Kills.Phase, Long>();
        outcomes.forEach(outcome -> outcome.kills().forEach((phase, count) -> counts.merge(phase, count, Long::sum)));
        return counts.entrySet().stream()
                .map((Map.Entry<Kills.Phase, Long> entry) ->
                        entry.getKey().name().toLowerCase().replace('_', ' ') + " " + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    private String health() {
        return outcomes.stream()
                .flatMap(outcome -> outcome.health().stream())
                .collect(Collectors.groupingBy(change -> change.health().status(), TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .map(entry -> "%s %d times".formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", "));
    }
}
