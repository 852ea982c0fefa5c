package io.jobtrail.bench.fuzz;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of the fuzz run. Exits with 0 when every answer, and the system in the end, was as it has to be. */
@Command(
        name = "fuzz",
        mixinStandardHelpOptions = true,
        description =
                "Throws wrong requests at every operation of a whole system, and holds each answer against what all have "
                        + "to keep. Everything stays on this machine's loopback and is stopped at the end.")
public final class Fuzz implements Callable<Integer> {
    @Option(names = "--checkout", paramLabel = "DIR", defaultValue = ".", description = "where the jars were built")
    private Path checkout;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description = "for logs and findings (default: bench/target/fuzz)")
    private Path directory;

    @Option(names = "--seed", paramLabel = "N", description = "of all requests; random when not given")
    private Long seed;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "300",
            description = "how long requests are sent (300)")
    private int seconds;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "6", description = "that send at once (6)")
    private int threads;

    @Option(
            names = "--replay",
            paramLabel = "FILE",
            description = "send this request that a run has kept, and nothing else")
    private Path replay;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    @Override
    public Integer call() throws Exception {
        long chosen = seed == null ? ThreadLocalRandom.current().nextInt(1_000_000) : seed;
        var run = new FuzzRun(checkout, newDirectory(replay == null ? "fuzz-" + chosen : "replay"), out);
        var outcome = replay == null ? run.run(chosen, Duration.ofSeconds(seconds), threads) : run.replay(replay);
        out.println(outcome.table());
        out.println(outcome.isSound() ? "no rule was broken, seed " + chosen : outcome.violations());
        return outcome.isSound() ? 0 : 1;
    }

    /** Numbered, so that no run writes into the logs of another. */
    private Path newDirectory(String name) throws IOException {
        var parent = directory == null ? checkout.resolve("bench/target/fuzz") : directory;
        for (int i = 1; ; i++) {
            var candidate = parent.resolve(i == 1 ? name : name + "-" + i).toAbsolutePath();
            if (Files.notExists(candidate)) {
                return Files.createDirectories(candidate);
            }
        }
    }
}
