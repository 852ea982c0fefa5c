package io.jobtrail.bench.storm;

import io.jobtrail.testbed.ChildProcess;
import io.jobtrail.testbed.Isolation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One program of the system with somebody who starts it again whenever it ends, as a hosting platform does. Every start is a
 * new process with a new id.
 */
public final class Member implements AutoCloseable {
    private static final Duration BEFORE_RESTART = Duration.ofMillis(700);

    private final String name;
    private final Path log;
    private final Map<String, String> environment;
    private final List<String> command;
    private ChildProcess process;
    private int starts;
    private boolean closed;

    Member(String name, Path log, Map<String, String> environment, List<String> command) {
        this.name = name;
        this.log = log;
        this.environment = environment;
        this.command = command;
    }

    synchronized void start() {
        if (closed) {
            return;
        }
        process = ChildProcess.start(name, log, environment, Isolation.endedWithParent("KILL", command));
        starts++;
        process.onExit()
                .thenRunAsync(
                        this::start,
                        CompletableFuture.delayedExecutor(BEFORE_RESTART.toMillis(), TimeUnit.MILLISECONDS));
    }

    public String name() {
        return name;
    }

    /** Of the process that runs now, or ran last. */
    public synchronized long pid() {
        return process.handle().pid();
    }

    /** How often it was started, the first time included. */
    public synchronized int starts() {
        return starts;
    }

    /** @param name such as KILL, TERM, STOP or CONT */
    public void signal(String name) {
        signal(name, pid());
    }

    /** Not every machine has a program for this; every shell has the command. */
    static void signal(String name, long pid) {
        try {
            new ProcessBuilder("bash", "-c", "kill -" + name + " " + pid)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends it for good: SIGTERM, and SIGKILL for one that takes longer than the given time. */
    public void close(Duration grace) {
        ChildProcess last;
        synchronized (this) {
            closed = true;
            last = process;
        }
        if (last != null) {
            signal("CONT", last.handle().pid());
            last.stop(grace);
        }
    }

    @Override
    public void close() {
        close(Duration.ZERO);
    }
}
