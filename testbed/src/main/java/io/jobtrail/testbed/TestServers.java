package io.jobtrail.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * The servers a test JVM shares, started when first asked for and stopped, with their data deleted, at its end. A JVM that was
 * killed leaves nothing that lasts: on Linux its servers end with it, and the next test JVM clears away the rest.
 * {@code TEST_DATABASE_URL} and {@code TEST_REDIS_URL} name servers to be used instead.
 */
public final class TestServers {
    private static final List<String> SERVERS = List.of("postgres", "redis");
    private static final Duration YOUNG = Duration.ofMinutes(1);
    private static final Deque<Runnable> AT_END = new ArrayDeque<>();
    private static PostgresServer postgres;
    private static RedisServer redis;
    private static Path directory;

    private TestServers() {}

    /** The shared Postgres. Tests take a database each, see {@link TestDatabase}. */
    public static synchronized PostgresServer postgres() {
        if (postgres == null) {
            String given = System.getenv("TEST_DATABASE_URL");
            postgres = given != null ? PostgresServer.given(given) : PostgresServer.start(directory("postgres"));
            atEnd(postgres::close);
        }
        return postgres;
    }

    /** The shared Redis. Tests that stop it must start it again, and those that count keys must flush it first. */
    public static synchronized RedisServer redis() {
        if (redis == null) {
            String given = System.getenv("TEST_REDIS_URL");
            redis = given != null ? RedisServer.given(given) : RedisServer.start(directory("redis"));
            atEnd(redis::close);
        }
        return redis;
    }

    /** Runs at the end of the JVM, before what was registered earlier. */
    static synchronized void atEnd(Runnable task) {
        if (AT_END.isEmpty()) {
            Runtime.getRuntime().addShutdownHook(new Thread(TestServers::end, "test-servers-end"));
        }
        AT_END.push(task);
    }

    private static synchronized void end() {
        AT_END.forEach(task -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                System.err.println("at the end of the tests: " + e);
            }
        });
    }

    private static Path directory(String name) {
        if (directory == null) {
            Path all = Directories.create(Directories.temporary().resolve("tests"));
            clearStale(all, Instant.now().minus(YOUNG));
            try {
                directory = Files.createTempDirectory(all, "run-");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Path own = directory;
            atEnd(() -> Directories.delete(own));
        }
        return directory.resolve(name);
    }

    /**
     * Ends the servers of test JVMs that were killed, and deletes their data. Young directories are left alone: their JVM may
     * be about to lock them.
     */
    static void clearStale(Path all, Instant madeBefore) {
        try (Stream<Path> runs = Files.list(all)) {
            for (Path run : runs.toList()) {
                if (Files.getLastModifiedTime(run).toInstant().isBefore(madeBefore)) {
                    SERVERS.forEach(server -> ServerDirectory.clear(run.resolve(server)));
                    deleteIfEmpty(run);
                }
            }
        } catch (NoSuchFileException | UncheckedIOException clearedByAnother) {
            // Another test JVM clears at the same time, and what it leaves the next one will find.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void deleteIfEmpty(Path directory) throws IOException {
        try {
            Files.delete(directory);
        } catch (DirectoryNotEmptyException inUse) {
            // Its JVM still runs.
        }
    }
}
