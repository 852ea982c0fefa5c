package io.jobtrail.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A real PgBouncer in front of a Postgres, for tests; nothing brings one, so the machine must have it installed. It listens on
 * 127.0.0.1 only and trusts everyone there, so it must never be used in production.
 */
public final class PgBouncer implements AutoCloseable {
    private static final Path DEBIAN = Path.of("/usr/sbin/pgbouncer"); // not on the path of ordinary users
    private static final Duration READY_WITHIN = Duration.ofSeconds(30);
    private static final Duration RETRY_PAUSE = Duration.ofMillis(20);

    private final int port;
    private final ChildProcess process;

    private PgBouncer(int port, ChildProcess process) {
        this.port = port;
        this.process = process;
    }

    /** Without one, whoever needs it cannot be tested here; how to get it is in CONTRIBUTING.md. */
    public static boolean isInstalled() {
        return program().isPresent();
    }

    /**
     * Starts one on a free port.
     *
     * @param directory for its configuration and its log; made when missing
     * @param configuration a pgbouncer.ini that ends with the section of the settings; its databases do not count
     * @param settings that go before those of the file, such as {@code pool_mode}
     * @param logins beside the one of the server's url, without a password
     */
    public static PgBouncer start(
            Path directory,
            PostgresServer postgres,
            Path configuration,
            Map<String, String> settings,
            String... logins) {
        Directories.create(directory);
        int port = Ports.free();
        var owner = postgres.address();
        write(
                directory.resolve("userlist.txt"),
                Stream.concat(
                                Stream.of(quoted(owner.user()) + " " + quoted(owner.password())),
                                Stream.of(logins).map(login -> quoted(login) + " \"\""))
                        .collect(Collectors.joining("\n", "", "\n")));
        var overriding = new LinkedHashMap<>(settings);
        overriding.put("listen_addr", "127.0.0.1");
        overriding.put("listen_port", Integer.toString(port));
        overriding.put("unix_socket_dir", "");
        overriding.put("auth_type", "trust");
        overriding.put("auth_file", directory.resolve("userlist.txt").toString());
        write(
                directory.resolve("pgbouncer.ini"),
                "[databases]%n* = host=%s port=%d%n".formatted(owner.uri().getHost(), owner.port())
                        + settingsIn(configuration)
                        + overriding.entrySet().stream()
                                .map(setting -> setting.getKey() + " = " + setting.getValue())
                                .collect(Collectors.joining("\n", "", "\n")));
        var command = List.of(
                program().orElseThrow().toString(),
                directory.resolve("pgbouncer.ini").toString());
        var process = ChildProcess.start(
                "pgbouncer",
                directory.resolve("pgbouncer.log"),
                Map.of(),
                Isolation.inOwnSession(Isolation.withoutRoot(Isolation.endedWithParent("TERM", command))));
        var pooler = new PgBouncer(port, process);
        pooler.awaitReady(pooler.through(postgres.url("postgres")));
        return pooler;
    }

    public int port() {
        return port;
    }

    /** The url of a database of that server, through this pooler. */
    public String through(String url) {
        return url.replaceFirst("@[^/]*/", "@127.0.0.1:" + port + "/");
    }

    @Override
    public void close() {
        process.stop(Duration.ofSeconds(5));
    }

    private void awaitReady(String url) {
        long deadline = System.nanoTime() + READY_WITHIN.toNanos();
        while (true) {
            try {
                new PostgresAddress(URI.create(url)).connect().close();
                return;
            } catch (SQLException e) {
                if (process.awaitExit(RETRY_PAUSE) || System.nanoTime() > deadline) {
                    close();
                    throw new IllegalStateException("PgBouncer does not answer:\n" + process.logTail(12), e);
                }
            }
        }
    }

    private static Optional<Path> program() {
        return Isolation.onPath("pgbouncer").or(() -> Optional.of(DEBIAN).filter(Files::isExecutable));
    }

    private static String quoted(String text) {
        return '"' + text.replace("\"", "\"\"") + '"';
    }

    /** Its last section. An included file would be forgotten, because a section that begins anew begins with the defaults. */
    private static String settingsIn(Path configuration) {
        try {
            var text = Files.readString(configuration);
            return text.substring(text.indexOf("[pgbouncer]"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
