package io.jobtrail.store;

import io.jobtrail.config.DatabaseUrl;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections on which every statement has the rights and limits of the processes. Where a connection has its session for
 * itself, they are set once. Where a pooler such as PgBouncer stands in between, which may lend another session to each
 * transaction, they are set in every transaction, and nothing is ever set for longer: the session is somebody else's next.
 */
final class Sessions extends PGSimpleDataSource {
    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    /** Gives up the rights of the login role, where the migration could create a weaker one. */
    private static final String DROP_RIGHTS = """
            DO $$ BEGIN
                IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jobtrail_runtime')
                    AND pg_has_role(session_user, 'jobtrail_runtime', 'MEMBER')
                    AND has_table_privilege('jobtrail_runtime', to_regclass('pipeline_jobs'), 'UPDATE') THEN
                    SET LOCAL ROLE jobtrail_runtime;
                END IF;
            EXCEPTION WHEN insufficient_privilege THEN NULL;
            END $$""";

    /**
     * Rows are locked for milliseconds, so a longer wait is for somebody who works on the whole table. Statements take
     * milliseconds; compiled on a guess that they take long, one of them took most of a second.
     */
    static final String SET = """
            SELECT set_config('role', ?, only_now), set_config('lock_timeout', '5s', only_now), set_config('jit', 'off', only_now)
            FROM (SELECT ?) AS scope(only_now)""";

    /** Enough for two connections to be given the same session once, if they can be. */
    private static final int ROUNDS = 10;

    private final DatabaseUrl url;
    private final Map<String, String> defaults;
    private final int opening;
    private final Reachability reachability = new Reachability();

    /** What each transaction has to take on; null as long as every connection had a session for itself. */
    private volatile String role;

    /**
     * @param defaults properties of the driver, for those that the URL does not name
     * @param opening longest wait for each step until a connection can be used
     */
    Sessions(DatabaseUrl url, Map<String, String> defaults, Duration opening) {
        this.url = url;
        this.defaults = defaults;
        this.opening = (int) opening.toMillis();
    }

    @Override
    public Connection getConnection() throws SQLException {
        return reachability.open(this::opened);
    }

    Reachability reachability() {
        return reachability;
    }

    private Connection opened() throws SQLException {
        var connection = open(url, defaults);
        try {
            int patience = connection.getNetworkTimeout();
            connection.setNetworkTimeout(Runnable::run, opening);
            var lent = isLent(connection);
            if (lent && !url.jdbcUrl().contains("prepareThreshold=")) {
                // A statement prepared in one session would be missing in the next.
                connection.unwrap(PGConnection.class).setPrepareThreshold(0);
            }
            var weakest = weakestRole(connection);
            if (lent) {
                if (role == null) {
                    LOG.info(
                            "a pooler lends the sessions: each transaction takes the role {} and its limits anew",
                            weakest);
                }
                role = weakest;
            } else {
                Database.list(connection, SET, row -> null, weakest, false);
            }
            connection.setNetworkTimeout(Runnable::run, patience);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** Whether each transaction has to begin with {@link #SET}. */
    boolean areLent() {
        return role != null;
    }

    /** The parameters of {@link #SET} for a transaction, and these after them. */
    Object[] with(Object... parameters) {
        return Stream.concat(Stream.of(role, true), Arrays.stream(parameters)).toArray();
    }

    /**
     * A bare connection.
     *
     * @param defaults properties of the driver, for those that the URL does not name
     */
    static Connection open(DatabaseUrl url, Map<String, String> defaults) throws SQLException {
        var properties = new Properties();
        properties.putAll(defaults);
        if (url.user() != null) {
            properties.setProperty("user", url.user());
        }
        if (url.password() != null) {
            properties.setProperty("password", url.password());
        }
        return DriverManager.getConnection(url.jdbcUrl(), properties);
    }

    /** A pooler invents the process number it tells its clients: it cannot know which session they will have. */
    static boolean isLent(Connection connection) throws SQLException {
        return backend(connection) != connection.unwrap(PGConnection.class).getBackendPID();
    }

    /**
     * Whether a pooler lends sessions for less than the time of a connection. Shown by two connections that are given the same one,
     * or by one that is given another; a pooler in session mode does neither.
     */
    static boolean areLentAnew(DatabaseUrl url) throws SQLException {
        var bounded = Map.of("prepareThreshold", "0", "connectTimeout", "5", "socketTimeout", "10");
        try (var one = open(url, bounded)) {
            if (!isLent(one)) {
                return false;
            }
            int session = backend(one);
            try (var other = open(url, bounded)) {
                other.setAutoCommit(false);
                for (int round = 0; round < ROUNDS; round++) {
                    if (backend(other) == session || backend(one) != session) {
                        return true;
                    }
                    other.rollback();
                }
            }
            return false;
        }
    }

    private static int backend(Connection connection) throws SQLException {
        return Database.list(connection, "SELECT pg_backend_pid()", row -> row.getInt(1))
                .get(0);
    }

    private static String weakestRole(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        Database.update(connection, DROP_RIGHTS);
        var weakest = Database.list(connection, "SELECT current_user", row -> row.getString(1))
                .get(0);
        connection.rollback();
        connection.setAutoCommit(true);
        return weakest;
    }
}
