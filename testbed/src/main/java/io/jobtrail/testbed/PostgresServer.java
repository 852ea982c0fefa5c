package io.jobtrail.testbed;

import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/**
 * A real Postgres server for development and tests, its own or a given one, and the databases in it. It listens on 127.0.0.1
 * only and trusts everyone there, so it must never be used in production.
 */
public final class PostgresServer implements AutoCloseable {
    private final PostgresAddress address;

    /** Null when the server was given by url: then it is not ours to stop. */
    private final PostgresProcess process;

    private PostgresServer(PostgresAddress address, PostgresProcess process) {
        this.address = address;
        this.process = process;
    }

    /**
     * Starts a server on a free port, with the data kept in the directory: found there at the next start, made when missing.
     *
     * @throws IllegalStateException when the directory is in use, or with the end of the server's log when it does not start
     */
    public static PostgresServer start(Path directory) {
        return start(directory, PostgresBinaries.find());
    }

    /** The same with settings of Postgres, such as {@code shared_buffers}, in place of the testbed's own. */
    public static PostgresServer start(Path directory, Map<String, String> settings) {
        return start(directory, PostgresBinaries.find(), settings);
    }

    static PostgresServer start(Path directory, PostgresBinaries binaries) {
        return start(directory, binaries, Map.of());
    }

    private static PostgresServer start(Path directory, PostgresBinaries binaries, Map<String, String> settings) {
        PostgresProcess process = PostgresProcess.start(directory, binaries, settings);
        return new PostgresServer(PostgresAddress.local(process.port()), process);
    }

    /** A server that runs elsewhere. The user must be allowed to create databases; it cannot be stopped or restarted. */
    public static PostgresServer given(String url) {
        return new PostgresServer(new PostgresAddress(URI.create(url)), null);
    }

    public int port() {
        return address.port();
    }

    PostgresAddress address() {
        return address;
    }

    /** {@code postgresql://user@host:port/database}. */
    public String url(String database) {
        return address.url(database);
    }

    public void createDatabase(String name) {
        execute("CREATE DATABASE " + quoted(name));
    }

    public void createDatabaseIfMissing(String name) {
        if (!exists(name)) {
            createDatabase(name);
        }
    }

    /** Copies the template, which nobody may be connected to. */
    public void createDatabase(String name, String template) {
        execute("CREATE DATABASE " + quoted(name) + " TEMPLATE " + quoted(template));
    }

    /** Drops the database if it exists and ends the sessions in it. */
    public void dropDatabase(String name) {
        execute("DROP DATABASE IF EXISTS " + quoted(name) + " WITH (FORCE)");
    }

    /** Whether the server was started here, and so can be stopped and restarted. */
    public boolean isOwn() {
        return process != null;
    }

    /** Stops orderly and starts on the same port with the same data. */
    public void restart() {
        own().stop();
        own().launch();
    }

    /** Stops orderly; {@link #startAgain()} brings it back. */
    public void stop() {
        own().stop();
    }

    /** Stops as a crash would: sessions are cut, nothing is flushed but what was committed. */
    public void stopImmediately() {
        own().stopImmediately();
    }

    /** Starts a stopped server on the same port with the same data; nothing happens when it runs. */
    public void startAgain() {
        own().launch();
    }

    /** Stops the server for good and frees its directory; the data stay. A given server is left alone. */
    @Override
    public void close() {
        if (isOwn()) {
            process.stop();
            process.release();
        }
    }

    private PostgresProcess own() {
        if (process == null) {
            throw new UnsupportedOperationException(
                    "this Postgres was given by its url and is not ours to stop or start");
        }
        return process;
    }

    private void execute(String sql) {
        try (Connection connection = address.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql + ": " + e.getMessage(), e);
        }
    }

    private boolean exists(String database) {
        try (Connection connection = address.connect();
                PreparedStatement statement =
                        connection.prepareStatement("SELECT 1 FROM pg_database WHERE datname = ?")) {
            statement.setString(1, database);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot look for database " + database + ": " + e.getMessage(), e);
        }
    }

    private static String quoted(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }
}
