package io.jobtrail.store;

import io.jobtrail.config.DatabaseUrl;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the database to the state of {@code sql/}, which is packed into this jar. Any number of processes may call it at the
 * same moment: one migrates, the others wait.
 */
public final class Schema {
    private static final Logger LOG = LoggerFactory.getLogger(Schema.class);
    private static final String LOCK_TIMEOUT = "55P03";
    private static final int ATTEMPTS = 60;
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private static final String POOLED =
            "the schema is not up to date, and cannot be brought up to date through a pooler in transaction mode: "
                    + "run `api.jar migrate` once with a DATABASE_URL that leads straight to Postgres, then start this again";

    private Schema() {}

    /** @return how many scripts were run; 0 when everything was there already */
    public static int migrate(DatabaseUrl url) {
        return migrate(url, ATTEMPTS, PAUSE);
    }

    static int migrate(DatabaseUrl url, int attempts, Duration pause) {
        var flyway = flyway(url, 10);
        // Asking first spares a process without the owner's rights the attempt to lock Flyway's table.
        if (flyway.info().pending().length == 0) {
            return 0;
        }
        // Flyway's own lock comes too late: of two that find neither its table nor an empty schema, one would fail.
        try (var connection = Sessions.open(url, Map.of())) {
            if (Sessions.areLentAnew(url)) {
                throw new IllegalStateException(POOLED);
            }
            connection.setAutoCommit(false);
            Database.list(
                    connection, "SELECT pg_advisory_xact_lock(hashtext('jobtrail.migrate'))", row -> row.getObject(1));
            return patiently(flyway, attempts, pause);
        } catch (SQLException e) {
            throw new DatabaseFailure("migrate", e);
        }
    }

    /** How many scripts would be run. Changes nothing. */
    public static int pending(DatabaseUrl url) {
        return flyway(url, 0).info().pending().length;
    }

    private static Flyway flyway(DatabaseUrl url, int connectRetries) {
        return Flyway.configure(Schema.class.getClassLoader())
                .dataSource(source(url))
                .locations("classpath:sql")
                .connectRetries(connectRetries)
                // The same files may have been run by psql before: the tables are there, Flyway's own table is not.
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .load();
    }

    /**
     * Whoever waits for a table's lock makes everybody wait who comes after, so a migration gives up before they do. Nothing is set
     * in a session that may be somebody else's next.
     */
    private static DataSource source(DatabaseUrl url) {
        return new PGSimpleDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
                var connection = Sessions.open(url, Map.of("prepareThreshold", "0"));
                if (!Sessions.isLent(connection)) {
                    Database.update(connection, "SET lock_timeout = '3s'");
                }
                return connection;
            }
        };
    }

    /** Each script is one transaction, so one that got no lock has left nothing behind; those before it are done. */
    private static int patiently(Flyway flyway, int attempts, Duration pause) throws SQLException {
        int pending = flyway.info().pending().length;
        for (int attempt = 1; ; attempt++) {
            try {
                flyway.migrate();
                return pending;
            } catch (FlywayException e) {
                var cause = sqlCause(e);
                if (cause == null || !LOCK_TIMEOUT.equals(cause.getSQLState())) {
                    throw e;
                }
                if (attempt == attempts) {
                    throw cause;
                }
                LOG.warn(
                        "the migration waits for a lock that somebody holds; attempt {} of {} follows in {} s: {}",
                        attempt + 1,
                        attempts,
                        pause.toSeconds(),
                        cause.getMessage());
            }
            try {
                Thread.sleep(pause.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while the migration waited for a lock", e);
            }
        }
    }

    private static SQLException sqlCause(Throwable failure) {
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException found) {
                return found;
            }
        }
        return null;
    }

    /**
     * The same, and lets the processes purge jobs that ended so many days ago. They cannot allow that to themselves: it takes the
     * owner's rights, which they give up afterwards.
     *
     * @param retentionDays null = none
     */
    public static int migrate(DatabaseUrl url, Integer retentionDays) {
        int scripts = migrate(url);
        try (var connection = Sessions.open(url, Map.of())) {
            var allowed =
                    Database.list(connection, "SELECT days FROM pipeline_retention", row -> row.getInt(1)).stream()
                            .findFirst()
                            .orElse(null);
            if (Objects.equals(allowed, retentionDays)) {
                return scripts;
            }
            if (Database.list(
                            connection,
                            "SELECT has_table_privilege('pipeline_retention', 'INSERT, DELETE')",
                            row -> row.getBoolean(1))
                    .get(0)) {
                Database.list(connection, "SELECT set_retention(?::integer)", row -> null, retentionDays);
            } else {
                LOG.warn(
                        "RETENTION_DAYS needs the owner of the tables, who is not {}: set to {} here, to {} in the database;"
                                + " the owner changes it with SELECT set_retention(…)",
                        url.user(),
                        retentionDays,
                        allowed);
            }
            return scripts;
        } catch (SQLException e) {
            throw new DatabaseFailure("set_retention", e);
        }
    }
}
