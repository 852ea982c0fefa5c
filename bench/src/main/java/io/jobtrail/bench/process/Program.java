package io.jobtrail.bench.process;

import io.jobtrail.testbed.ChildProcess;
import io.jobtrail.testbed.Isolation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A started program that is meant to live until it is closed, and never outlives this process. Does not start it again. */
public final class Program implements AutoCloseable {
    private static final Duration STOP_GRACE = Duration.ofSeconds(20);
    private static final int TAIL_LINES = 15;

    private final ChildProcess process;

    private Program(ChildProcess process) {
        this.process = process;
    }

    /** @param environment added to this process's own */
    public static Program start(String name, Path log, Map<String, String> environment, List<String> command) {
        return new Program(ChildProcess.start(name, log, environment, Isolation.endedWithParent("KILL", command)));
    }

    /** @throws IllegalStateException with the end of its log when it has ended */
    public void requireAlive() {
        if (!process.isAlive()) {
            throw new IllegalStateException("%s ended with exit code %d:%n%s"
                    .formatted(process.name(), process.exitCode(), process.logTail(TAIL_LINES)));
        }
    }

    /** Resident memory in megabytes; NaN where the system does not tell. */
    public double residentMegabytes() {
        try (var lines =
                Files.lines(Path.of("/proc", Long.toString(process.handle().pid()), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException | UncheckedIOException e) {
            return Double.NaN;
        }
    }

    /** SIGTERM, and SIGKILL for one that takes too long. */
    @Override
    public void close() {
        process.stop(STOP_GRACE);
    }
}
