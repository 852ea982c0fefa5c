package io.jobtrail.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Postgres server process over a kept data directory: makes the directory, starts, stops. It knows nothing of the databases
 * inside. Durability stays as Postgres ships it (fsync and synchronous_commit on), so that what is measured is real.
 */
final class PostgresProcess {
    private static final Duration READY_WITHIN = Duration.ofSeconds(60);
    private static final Duration RETRY_PAUSE = Duration.ofMillis(20);
    private static final int START_ATTEMPTS = 4;

    private final PostgresBinaries binaries;
    private final ServerDirectory directory;
    private final Map<String, String> settings;
    private int port;
    private ChildProcess server;

    private PostgresProcess(PostgresBinaries binaries, ServerDirectory directory, Map<String, String> settings) {
        this.binaries = binaries;
        this.directory = directory;
        this.settings = settings;
    }

    /**
     * @param settings of Postgres, which go before those made here
     * @throws IllegalStateException when the directory is in use, or with the end of the server's log when it does not start
     */
    static PostgresProcess start(Path path, PostgresBinaries binaries, Map<String, String> settings) {
        PostgresProcess postgres = new PostgresProcess(binaries, ServerDirectory.take(path), settings);
        try {
            postgres.endOrphan();
            postgres.initialise();
            postgres.launchOnFreePort();
        } catch (RuntimeException e) {
            postgres.directory.close();
            throw e;
        }
        return postgres;
    }

    int port() {
        return port;
    }

    /** Starts it again on the same port. */
    void launch() {
        if (server != null && server.isAlive()) {
            return;
        }
        RuntimeException last = null;
        for (int attempt = 0; attempt < START_ATTEMPTS; attempt++) {
            try {
                tryLaunch();
                return;
            } catch (IllegalStateException e) {
                last = e;
                // After a crash the last of the old server's children may still hold its shared memory for a moment.
                pause(Duration.ofMillis(300));
            }
        }
        throw last;
    }

    /** Ends the sessions and writes a checkpoint ("fast" shutdown). */
    void stop() {
        end("fast");
    }

    /** Ends without a checkpoint, as a crash would; the next start recovers from the log. */
    void stopImmediately() {
        end("immediate");
    }

    /** Gives the directory free for the next one. The server must have been stopped. */
    void release() {
        directory.close();
    }

    private void endOrphan() {
        if (directory.orphan().isPresent()) {
            controlStop("fast");
            directory.endOrphan();
        }
        // A process id is given out again, above all after the restart of a container; Postgres would then take any
        // program
        // for its predecessor and refuse to start.
        Path pidFile = data().resolve("postmaster.pid");
        if (Files.exists(pidFile) && postmaster(pidFile).isEmpty()) {
            Directories.delete(pidFile);
        }
    }

    private static Optional<ProcessHandle> postmaster(Path pidFile) {
        try (var lines = Files.lines(pidFile)) {
            return lines.findFirst()
                    .flatMap(pid -> ProcessHandle.of(Long.parseLong(pid.trim())))
                    .filter(process ->
                            process.info().command().orElse("postgres").endsWith("postgres"));
        } catch (IOException | NumberFormatException unreadable) {
            return Optional.empty();
        }
    }

    /** Makes the data directory beside its final place, so that a half-made one is never taken for a whole one. */
    private void initialise() {
        if (Files.exists(data())) {
            return;
        }
        Path half = directory.resolve("data.unfinished");
        Directories.delete(half);
        String locale = System.getProperty("os.name").startsWith("Linux") ? "C.UTF-8" : "C";
        run(List.of(
                binaries.program("initdb"),
                "--pgdata=" + half,
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=" + locale));
        if (!half.toFile().renameTo(data().toFile())) {
            throw new IllegalStateException("cannot rename " + half + " to " + data());
        }
    }

    private void launchOnFreePort() {
        RuntimeException last = null;
        for (int attempt = 0; attempt < START_ATTEMPTS; attempt++) {
            port = Ports.free();
            try {
                tryLaunch();
                return;
            } catch (IllegalStateException e) {
                last = e;
            }
        }
        throw last;
    }

    private void tryLaunch() {
        List<String> command = new ArrayList<>(List.of(
                binaries.program("postgres"),
                "-D",
                data().toString(),
                "-p",
                Integer.toString(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "max_connections=200",
                "-c",
                "shared_buffers=64MB",
                "-c",
                "timezone=UTC",
                "-c",
                "logging_collector=off"));
        settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value))); // the last one counts
        server = ChildProcess.start(
                "postgres",
                directory.resolve("postgres.log"),
                Map.of("LC_ALL", "C"),
                Isolation.inOwnSession(Isolation.withoutRoot(Isolation.endedWithParent("INT", command))));
        directory.remember(server.handle());
        awaitReady();
    }

    private void awaitReady() {
        long deadline = System.nanoTime() + READY_WITHIN.toNanos();
        SQLException last = null;
        while (System.nanoTime() < deadline) {
            try {
                PostgresAddress.local(port).connect().close();
                return;
            } catch (SQLException e) {
                last = e;
            }
            if (server.awaitExit(RETRY_PAUSE)) {
                throw new IllegalStateException("Postgres (" + binaries.directory() + ") ended with code "
                        + server.exitCode() + ":\n" + server.logTail(12));
            }
        }
        server.kill();
        throw new IllegalStateException("Postgres did not answer within " + READY_WITHIN.toSeconds() + " s", last);
    }

    private void end(String mode) {
        if (server == null || !server.isAlive()) {
            return;
        }
        controlStop(mode);
        if (!server.awaitExit(Duration.ofSeconds(5))) {
            server.kill();
        }
    }

    private void controlStop(String mode) {
        try {
            run(List.of(
                    binaries.program("pg_ctl"), "stop", "-D", data().toString(), "-m", mode, "-w", "-t", "30", "-s"));
        } catch (IllegalStateException notRunning) {
            // The caller makes sure of the end by other means.
        }
    }

    private void run(List<String> command) {
        Path log = directory.resolve("setup.log");
        ChildProcess program =
                ChildProcess.start(command.get(0), log, Map.of("LC_ALL", "C"), Isolation.withoutRoot(command));
        if (!program.awaitExit(Duration.ofMinutes(2))) {
            program.kill();
            throw new IllegalStateException(command.get(0) + " did not end within two minutes");
        }
        if (program.exitCode() != 0) {
            throw new IllegalStateException(
                    command.get(0) + " failed with code " + program.exitCode() + ":\n" + program.logTail(12));
        }
    }

    private Path data() {
        return directory.resolve("data");
    }

    private void pause(Duration time) {
        server.awaitExit(time);
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
