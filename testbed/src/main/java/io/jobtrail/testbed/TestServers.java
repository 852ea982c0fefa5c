package io.jobtrail.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.stream.Stream;

/**
 * The servers a test JVM shares, started when first asked for and stopped, with their data deleted, at its end. A JVM that was
 * killed leaves nothing that lasts: on Linux its servers end with it, and the next test JVM clears away the rest.
 * {@code TEST_DATABASE_URL} and {@code TEST_REDIS_URL} name servers to be used instead.
 */
public final class TestServers {
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
            clearStale(all);
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

    /** Ends the servers of test JVMs that were killed, and deletes their data. */
    static void clearStale(Path all) {
        try (Stream<Path> runs = Files.list(all)) {
            runs.forEach(run -> Stream.of("postgres", "redis")
                    .map(run::resolve)
                    .filter(Files::isDirectory)
                    .forEach(TestServers::clearIfStale));
            // A run without directories may be one that begins at this moment, and costs nothing to keep.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void clearIfStale(Path server) {
        ServerDirectory.tryTake(server).ifPresent(stale -> {
            try (stale) {
                stale.orphan().ifPresent(ProcessHandle::destroyForcibly);
                Directories.delete(server);
            }
        });
    }
}
