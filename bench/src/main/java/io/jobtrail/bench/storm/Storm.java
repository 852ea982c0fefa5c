package io.jobtrail.bench.storm;

import io.jobtrail.bench.storm.patch.Sabotage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The storm's command line. Exits with 0 when every verdict is what it should be: sound, or red when a protection was taken away. */
@Command(
        name = "storm",
        mixinStandardHelpOptions = true,
        description =
                "Runs a whole system under faults, and checks afterwards that it lost nothing, doubled nothing and stuck "
                        + "nowhere. Everything stays on this machine's loopback and is stopped at the end.")
public final class Storm implements Callable<Integer> {
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    private static final Duration TO_SETTLE = Duration.ofMinutes(3);

    /** Without a protection jobs may never end, and waiting longer would not show it better. */
    private static final Duration TO_SETTLE_SABOTAGED = Duration.ofSeconds(40);

    @Option(names = "--checkout", paramLabel = "DIR", defaultValue = ".", description = "where the jars were built")
    private Path checkout;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description = "for ledgers and logs (default: bench/target/storm)")
    private Path directory;

    @Option(names = "--seed", paramLabel = "N", description = "of the schedule and the load; random when not given")
    private Long seed;

    @Option(names = "--seconds", paramLabel = "N", defaultValue = "150", description = "how long faults strike (150)")
    private int seconds;

    @Option(names = "--faults", paramLabel = "N", defaultValue = "100", description = "how many (100)")
    private int faults;

    @Option(
            names = "--only",
            paramLabel = "FAULT",
            split = ",",
            description = "strike with these only, such as kill_worker,flush_redis")
    private List<String> only = List.of();

    @Option(names = "--replay", paramLabel = "FILE", description = "strike as this schedule.txt says")
    private Path replay;

    @Option(names = "--rate", paramLabel = "N", defaultValue = "25", description = "submissions a second (25)")
    private double rate;

    @Option(names = "--workers", paramLabel = "N", defaultValue = "3", description = "worker processes (3)")
    private int workers;

    @Option(names = "--concurrency", paramLabel = "N", defaultValue = "4", description = "of each worker (4)")
    private int concurrency;

    @Option(
            names = "--pooler",
            paramLabel = "N",
            defaultValue = "0",
            description = "put an installed PgBouncer with N sessions in front of Postgres")
    private int pooledSessions;

    @Option(names = "--lease", paramLabel = "SECONDS", defaultValue = "3", description = "lease of a claim (3)")
    private int lease;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "1",
            description = "storms in a row, each with the next seed")
    private int runs;

    @Option(
            names = "--sabotage",
            paramLabel = "NAME",
            description = "take this protection away: the verdict must be red")
    private String sabotage;

    @Option(
            names = "--prove",
            description = "take every protection away in turn, then show plain Jesque in the same storm")
    private boolean prove;

    @Option(names = "--report", paramLabel = "FILE", description = "write the report there as well")
    private Path report;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    @Override
    public Integer call() throws Exception {
        long first = seed == null ? ThreadLocalRandom.current().nextInt(1_000_000) : seed;
        if (prove) {
            return prove(first) ? 0 : 1;
        }
        if (sabotage != null) {
            return isFound(Sabotage.valueOf(sabotage.toUpperCase(Locale.ROOT)), first) ? 0 : 1;
        }
        var outcomes = new ArrayList<StormRun.Outcome>();
        for (int i = 0; i < runs; i++) {
            var outcome = storm(first + i);
            outcomes.add(outcome);
            out.println(new StormReport(outcomes, setup(null, null, null)));
            outcome.verdict().violations().forEach(out::println);
        }
        if (report != null) {
            Files.writeString(report, new StormReport(outcomes, setup(null, null, null)).toString());
        }
        return new StormReport(outcomes, setup(null, null, null)).isPassed() ? 0 : 1;
    }

    private StormRun.Outcome storm(long seed) throws Exception {
        var run = newDirectory("storm-" + seed);
        var kinds = only.isEmpty()
                ? EnumSet.allOf(Fault.class)
                : EnumSet.copyOf(only.stream().map(Fault::of).toList());
        return new StormRun(setup(run, null, null), schedule(seed, kinds), seed, rate, time(), TO_SETTLE, out)
                .run(SqlStep.NOTHING);
    }

    private Schedule schedule(long seed, Set<Fault> kinds) {
        return replay != null
                ? Schedule.read(replay)
                : Schedule.random(
                        seed,
                        time(),
                        kinds.isEmpty() ? 0 : faults,
                        kinds,
                        workers,
                        Duration.ofSeconds(lease).multipliedBy(2));
    }

    /** Every protection in turn, then the system that has none. */
    private boolean prove(long seed) throws Exception {
        var found = new LinkedHashMap<Sabotage, Boolean>();
        for (var protection : Sabotage.values()) {
            found.put(protection, isFound(protection, seed));
        }
        found.forEach((protection, isFound) ->
                out.printf("%-22s %s (%s)%n", protection, isFound ? "found" : "NOT FOUND", protection.says()));
        baseline(seed);
        return !found.containsValue(false);
    }

    private boolean isFound(Sabotage protection, long seed) throws Exception {
        var run = newDirectory("without-" + protection.name().toLowerCase(Locale.ROOT) + "-" + seed);
        var classes = run.resolve("classes");
        protection.compile(checkout, classes);
        var kinds = EnumSet.noneOf(Fault.class);
        protection.provocations().forEach(provocation -> kinds.addAll(kindsOf(provocation)));
        var verdict = new StormRun(
                        setup(run, classes, classes),
                        schedule(seed, kinds),
                        seed,
                        rate,
                        time(),
                        TO_SETTLE_SABOTAGED,
                        out)
                .run(owner -> protection.alter(checkout, owner))
                .verdict();
        out.printf("%s: %d violations%n", protection, verdict.violations().size());
        verdict.violations().stream().limit(5).forEach(out::println);
        return !verdict.isSound();
    }

    private static Set<Fault> kindsOf(Sabotage.Provocation provocation) {
        return switch (provocation) {
            case WORKER_KILL -> Set.of(Fault.KILL_WORKER);
            case WORKER_STOP -> Set.of(Fault.STOP_WORKER);
            case API_KILL -> Set.of(Fault.KILL_API);
            case REDIS_LOSS -> Set.of(Fault.KILL_REDIS, Fault.FLUSH_REDIS);
        };
    }

    private void baseline(long seed) throws Exception {
        var run = newDirectory("plain-jesque-" + seed);
        var tally = PlainJesque.run(
                run,
                schedule(seed, EnumSet.allOf(Fault.class)),
                seed,
                rate,
                (int) (rate * seconds),
                workers,
                concurrency);
        out.println("plain Jesque, the same storm: " + tally);
    }

    private Duration time() {
        return Duration.ofSeconds(seconds);
    }

    private Cluster.Setup setup(Path run, Path apiPatch, Path workerPatch) {
        return new Cluster.Setup(
                checkout,
                run,
                workers,
                concurrency,
                pooledSessions,
                Duration.ofSeconds(lease),
                HEARTBEAT,
                apiPatch,
                workerPatch);
    }

    /** Numbered, so that no run writes into the ledgers of another. */
    private Path newDirectory(String name) throws IOException {
        var parent = directory == null ? checkout.resolve("bench/target/storm") : directory;
        for (int i = 1; ; i++) {
            var candidate = parent.resolve(i == 1 ? name : name + "-" + i).toAbsolutePath();
            if (Files.notExists(candidate)) {
                return Files.createDirectories(candidate);
            }
        }
    }
}
