package io.jobtrail.store;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether connections to Postgres can be opened. The one thread that opens them for a pool tries until one is open, at least once a
 * second, so that the end of an outage is noticed within about that, whether anybody asks or not; all others see at once what it has
 * found. Knows no statement, and keeps nobody waiting but that thread.
 */
final class Reachability {
    private static final Logger LOG = LoggerFactory.getLogger(Reachability.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(25);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private volatile Outage outage;
    private volatile boolean waitedInVain;
    private volatile boolean closed;

    /**
     * No connection could be opened since then.
     *
     * @param since begin of the first attempt that has failed, as {@link System#nanoTime}
     * @param failure of the newest one
     */
    record Outage(long since, SQLException failure) {
        Duration lasted() {
            return Duration.ofNanos(System.nanoTime() - since);
        }

        /** Nobody was there to refuse: connections that are still open lead nowhere either. */
        boolean isSilence() {
            var state = failure.getSQLState();
            return state == null || state.startsWith("08") || state.startsWith("57P");
        }
    }

    /** One attempt to open a connection and to make it ready. */
    interface Attempt {
        Connection open() throws SQLException;
    }

    /** Null when the last attempt has succeeded, or there was none. */
    Outage outage() {
        return outage;
    }

    /**
     * Throws once somebody has waited in vain since connections cannot be opened. Not when only further ones are refused, as by a
     * limit: those that there are come back to the pool.
     */
    void refuseIfAway(HikariDataSource pool) throws KnownOutage {
        var known = outage;
        if (known != null && waitedInVain) {
            var connections = pool.getHikariPoolMXBean();
            if (connections.getIdleConnections() == 0
                    && (known.isSilence() || connections.getTotalConnections() == 0)) {
                throw new KnownOutage(known);
            }
        }
    }

    /** For a caller who has waited as long as anybody may: the same with its cause, if it is known. */
    SQLTransientConnectionException inVain(SQLTransientConnectionException waited) {
        var known = outage;
        if (known == null) {
            return waited;
        }
        waitedInVain = true;
        return new SQLTransientConnectionException(waited.getMessage(), known.failure);
    }

    /** Nobody has waited for it. */
    static final class KnownOutage extends SQLTransientConnectionException {
        private KnownOutage(Outage outage) {
            super("no connection for " + outage.lasted().toSeconds() + " s", outage.failure);
        }
    }

    /**
     * Returns a connection, however long that takes; fails only once {@link #close} was called. A pool that closes does not interrupt
     * the thread that opens connections for it, but waits for it.
     */
    Connection open(Attempt attempt) throws SQLException {
        var pause = FIRST_PAUSE;
        while (true) {
            long begun = System.nanoTime();
            try {
                var connection = attempt.open();
                if (closed) {
                    connection.close();
                    throw new SQLException("the pool is closed");
                }
                ended();
                return connection;
            } catch (SQLException e) {
                failed(begun, e);
                if (!rest(pause)) {
                    throw e;
                }
                var longer = pause.multipliedBy(2);
                pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
            }
        }
    }

    private void failed(long begun, SQLException failure) {
        var before = outage;
        if (before == null) {
            waitedInVain = false;
            LOG.warn("no connection to Postgres can be opened ({}); tried again until one can", failure.getMessage());
        }
        outage = new Outage(before == null ? begun : before.since, failure);
    }

    private void ended() {
        var before = outage;
        outage = null;
        if (before != null) {
            LOG.info(
                    "connections to Postgres can be opened again, after {} s",
                    before.lasted().toSeconds());
        }
    }

    /** Ends the attempts, before the pool itself is closed. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    /** False: nobody wants a connection any more. */
    private synchronized boolean rest(Duration pause) {
        try {
            if (!closed) {
                wait(pause.toMillis());
            }
            return !closed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
