package io.jobtrail.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import io.jobtrail.config.DatabaseUrl;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pool of connections and the few ways in which this project talks to Postgres. Each call is one statement and one commit,
 * unless it runs in {@link #inTransaction}. Must not know any table.
 */
public final class Database implements AutoCloseable {
    private final PatientStatements patient;
    private final Sessions sessions;
    private final HikariDataSource pool;
    private boolean refusing;

    /** Opens lazily: a database that is away now is an error of the first call, not of the constructor. */
    public Database(DatabaseUrl url, String name, int minIdle, int maxSize) {
        this(url, name, minIdle, maxSize, Duration.ofSeconds(60));
    }

    /** @param patience longest wait for an answer; zero = as long as it takes, for questions about everything there is */
    public Database(DatabaseUrl url, String name, int minIdle, int maxSize, Duration patience) {
        this(url, name, minIdle, maxSize, patience, Duration.ofSeconds(5));
    }

    /** @param connecting longest wait for a connection, new or used */
    public Database(DatabaseUrl url, String name, int minIdle, int maxSize, Duration patience, Duration connecting) {
        var config = new HikariConfig();
        config.setPoolName(name);
        sessions = new Sessions(
                url,
                Map.of(
                        "ApplicationName",
                        "jobtrail " + name,
                        "tcpKeepAlive",
                        "true",
                        "connectTimeout",
                        "5",
                        "loginTimeout",
                        Long.toString(Math.max(1, connecting.toSeconds())),
                        "socketTimeout",
                        Long.toString(patience.toSeconds()),
                        "reWriteBatchedInserts",
                        "true"),
                connecting);
        config.setDataSource(sessions);
        config.setMinimumIdle(Math.min(minIdle, maxSize));
        config.setMaximumPoolSize(maxSize);
        config.setConnectionTimeout(connecting.toMillis());
        config.setInitializationFailTimeout(-1);
        // What Postgres does anyway; but a pool that is not told, and whose first connection breaks while it asks,
        // refuses all others for ever.
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        config.setExceptionOverride(new LeaveStandby());
        pool = new HikariDataSource(config);
        patient = new PatientStatements(this);
    }

    /** @param meters get how many connections there are, and how long they were waited for */
    public Database measuredBy(MeterRegistry meters) {
        pool.setMetricRegistry(meters);
        return this;
    }

    /**
     * From now on nobody waits for a connection once somebody has waited in vain and none can be opened: for callers who have
     * something better to do than to wait. Whoever comes when an outage begins waits all the same, as it may be over soon.
     */
    public Database refusingWhileAway() {
        refusing = true;
        return this;
    }

    /** Why no connection can be opened at the moment, in words and without secrets; empty when one can, as far as is known. */
    public Optional<String> fault() {
        return Optional.ofNullable(sessions.reachability().outage())
                .map(outage -> ConnectionFault.inWords(outage.failure()));
    }

    /** Most connections at a time. */
    int size() {
        return pool.getMaximumPoolSize();
    }

    /** For what may have to wait until somebody else is done with a row. */
    PatientStatements patient() {
        return patient;
    }

    /** A connection to a server that has become a standby works and takes no writes for ever: the next one finds the primary. */
    private static final class LeaveStandby implements SQLExceptionOverride {
        @java.lang.Override // beside the one of the interface
        public Override adjudicate(SQLException failure) {
            return DatabaseFailure.READ_ONLY.equals(failure.getSQLState())
                    ? Override.MUST_EVICT
                    : Override.CONTINUE_EVICT;
        }
    }

    /** Reads the current row of a result. */
    public interface RowMapper<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Work on one connection; {@link SQLException} passes through. */
    public interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    public <T> List<T> list(String sql, RowMapper<T> mapper, Object... parameters) {
        return alone(sql, parameters, statement -> rows(statement, mapper));
    }

    /** The first row, if there is one. */
    public <T> Optional<T> first(String sql, RowMapper<T> mapper, Object... parameters) {
        return list(sql, mapper, parameters).stream().findFirst();
    }

    /** Number of rows written. */
    public int update(String sql, Object... parameters) {
        return alone(sql, parameters, PreparedStatement::getUpdateCount);
    }

    /** All or nothing. */
    public <T> T inTransaction(Work<T> work) {
        return with("transaction", connection -> transaction(connection, work));
    }

    private interface Answer<T> {
        T of(PreparedStatement executed) throws SQLException;
    }

    /** One statement, one commit, one round trip. */
    private <T> T alone(String sql, Object[] parameters, Answer<T> answer) {
        return with(sql, connection -> {
            if (!sessions.areLent()) {
                try (var statement = bind(connection, sql, parameters)) {
                    statement.execute();
                    return answer.of(statement);
                }
            }
            connection.setAutoCommit(false); // the pool switches it on again, and rolls back what failed
            try (var statement = bind(connection, Sessions.SET + ";" + sql + "\n;COMMIT", sessions.with(parameters))) {
                statement.execute();
                statement.getMoreResults(); // past what the settings answer
                return answer.of(statement);
            }
        });
    }

    private <T> T transaction(Connection connection, Work<T> work) throws SQLException {
        connection.setAutoCommit(false);
        try {
            if (sessions.areLent()) {
                list(connection, Sessions.SET, row -> null, sessions.with());
            }
            var result = work.on(connection);
            connection.commit();
            return result;
        } catch (Throwable e) {
            try {
                connection.rollback();
            } catch (SQLException rollback) {
                e.addSuppressed(rollback);
            }
            throw e;
        }
        // The pool switches auto-commit on again; doing it here would hide why a broken connection broke.
    }

    /**
     * Runs the work unless another process is running work of this name. The lock goes with the connection, so a process
     * that dies does not keep it.
     */
    public void exclusively(String name, Runnable work) {
        inTransaction(connection -> {
            if (list(connection, "SELECT pg_try_advisory_xact_lock(hashtext(?))", row -> row.getBoolean(1), name)
                    .get(0)) {
                work.run();
            }
            return null;
        });
    }

    public static <T> List<T> list(Connection connection, String sql, RowMapper<T> mapper, Object... parameters)
            throws SQLException {
        try (var statement = bind(connection, sql, parameters)) {
            statement.execute();
            return rows(statement, mapper);
        }
    }

    private static <T> List<T> rows(PreparedStatement executed, RowMapper<T> mapper) throws SQLException {
        try (var rows = executed.getResultSet()) {
            var result = new ArrayList<T>();
            while (rows.next()) {
                result.add(mapper.read(rows));
            }
            return result;
        }
    }

    public static int update(Connection connection, String sql, Object... parameters) throws SQLException {
        try (var statement = bind(connection, sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    /** An array parameter; {@code type} is the element's type in Postgres, such as {@code uuid}. */
    public record SqlArray(String type, Object[] elements) {}

    public static SqlArray array(String type, List<?> elements) {
        return new SqlArray(type, elements.toArray());
    }

    private static PreparedStatement bind(Connection connection, String sql, Object... parameters) throws SQLException {
        var statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            var value = parameters[i];
            if (value instanceof Instant instant) {
                statement.setObject(i + 1, instant.atOffset(ZoneOffset.UTC));
            } else if (value instanceof SqlArray array) {
                statement.setArray(i + 1, connection.createArrayOf(array.type(), array.elements()));
            } else if (value instanceof ByteBuffer bytes) {
                statement.setBinaryStream(i + 1, stream(bytes), bytes.remaining());
            } else if (value instanceof Enum<?>) {
                throw new IllegalArgumentException("write the enum's wire name, not " + value);
            } else {
                statement.setObject(i + 1, value);
            }
        }
        return statement;
    }

    /** Sent piece by piece: for an array as a whole each thread would keep as large a buffer outside the heap. */
    private static InputStream stream(ByteBuffer bytes) {
        return new ByteArrayInputStream(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    public static Instant instant(ResultSet row, String column) throws SQLException {
        var time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    private <T> T with(String statement, Work<T> work) {
        try (var connection = connection()) {
            return work.on(connection);
        } catch (SQLException e) {
            throw new DatabaseFailure(statement.strip().lines().findFirst().orElse(""), e);
        }
    }

    private Connection connection() throws SQLException {
        if (refusing) {
            sessions.reachability().refuseIfAway(pool);
        }
        try {
            return pool.getConnection();
        } catch (SQLTransientConnectionException e) {
            throw sessions.reachability().inVain(e);
        }
    }

    @Override
    public void close() {
        sessions.reachability().close();
        pool.close();
    }
}
