package io.jobtrail.bench.storm;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The storm's command line. Exits with 0 when every verdict is what it should be: sound, or red when a protection was taken away. */
@Command(
        name = "storm",
        mixinStandardHelpOptions = true,
        description = "Runs a whole system under faults, and checks afterwards that it lost nothing, doubled nothing and stuck "
                + "nowhere. Everything stays on this machine's loopback and is stopped at the end.")
public final class Storm implements Callable<Integer> {
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    @Option(names = "--checkout", paramLabel = "DIR", defaultValue = ".", description = "where the jars were built")
    private Path checkout;

    @Option(names = "--directory", paramLabel = "DIR", description = "for ledgers and logs (default: bench/target/storm)")
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

    @Option(names = "--lease", paramLabel = "SECONDS", defaultValue = "3", description = "lease of a claim (3)")
    private int lease;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "1", description = "storms in a row, each with the next seed")
    private int runs;

    @Option(names = "--sabotage", paramLabel = "NAME", description = "take this protection away: the verdict must be red")
    private String sabotage;

    @Option(names = "--prove", description = "take every protection away in turn, then show plain Jesque in the same storm")
    private boolean prove;

    @Option(names = "--report", paramLabel = "FILE", description = "write the report there as well")
    private Path report;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
}
