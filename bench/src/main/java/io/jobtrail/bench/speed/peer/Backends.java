package io.jobtrail.bench.speed.peer;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.jobtrail.bench.speed.tally.Tally;
import io.jobtrail.config.DatabaseUrl;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;

/**
 * What a contestant finds for one measurement, in each of its processes: an empty database, an empty Redis, and the tallies.
 *
 * @param directory of the tallies, new for each measurement
 */
public record Backends(String databaseUrl, String redisUrl, Path directory) {
    public static final int THREADS = 16;

    /** Connections of a pool that sixteen threads and the library's own ones share. */
    public static final int POOL = 20;

    private static final String DATABASE_URL = "DATABASE_URL";
    private static final String REDIS_URL = "REDIS_URL";
    private static final String DIRECTORY = "SPEED_DIRECTORY";

    /** For the processes started with {@link #environment()}. */
    static Backends ofEnvironment() {
        return new Backends(System.getenv(DATABASE_URL), System.getenv(REDIS_URL), Path.of(System.getenv(DIRECTORY)));
    }

    public Map<String, String> environment() {
        return Map.of(DATABASE_URL, databaseUrl, REDIS_URL, redisUrl, DIRECTORY, directory.toString());
    }

    /** One entry for each call of a handler: when the job was sent, and when the handler started. */
    public Tally handled() {
        return new Tally(handledFile());
    }

    public Path handledFile() {
        return directory.resolve("handled");
    }

    /** One entry for each job that was accepted: when the call began, and when it returned. */
    public Tally produced() {
        return new Tally(directory.resolve("produced"));
    }

    public DatabaseUrl database() {
        return DatabaseUrl.parse(databaseUrl);
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection(
                database().jdbcUrl(), database().user(), database().password());
    }

    HikariDataSource pool(int connections) {
        var config = new HikariConfig();
        config.setJdbcUrl(database().jdbcUrl());
        config.setUsername(database().user());
        config.setPassword(database().password());
        config.setMaximumPoolSize(connections);
        return new HikariDataSource(config);
    }
}
