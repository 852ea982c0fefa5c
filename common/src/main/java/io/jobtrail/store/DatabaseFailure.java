package io.jobtrail.store;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;

/** A statement failed. Says whether the database as a whole is unusable for the moment, or only this statement was wrong. */
public final class DatabaseFailure extends RuntimeException {
    /** Of a server that takes no writes, as after a failover. */
    static final String READ_ONLY = "25006";

    private final String sqlState;
    private final boolean unavailable;

    DatabaseFailure(String statement, SQLException cause) {
        super(statement + ": " + cause.getMessage() + because(cause), cause);
        sqlState = cause.getSQLState() == null ? "" : cause.getSQLState();
        // 08: connection; 57P: shut down or crashed; 53: out of memory, disk or connections
        unavailable = cause instanceof SQLTransientConnectionException
                || sqlState.startsWith("08")
                || sqlState.startsWith("57P")
                || sqlState.startsWith("53")
                || sqlState.equals(READ_ONLY);
    }

    /** A pool that waited in vain says so only; why it got no connection is told by the cause. */
    private static String because(SQLException failure) {
        return failure.getCause() == null ? "" : " (" + failure.getCause().getMessage() + ")";
    }

    /** Five characters as in the PostgreSQL manual, appendix A; empty when there is none. */
    public String sqlState() {
        return sqlState;
    }

    /** Nothing is wrong with the statement: trying later can help. */
    public boolean isUnavailable() {
        return unavailable;
    }

    /** The database was known to be away, as has been logged, and was not asked. */
    public boolean isOfKnownOutage() {
        return getCause() instanceof Reachability.KnownOutage;
    }

    /** Why the database is unusable, in words and without secrets. */
    public String whyUnavailable() {
        return ConnectionFault.inWords((SQLException) getCause());
    }

    /** The connection broke while the statement ran: what it would have written may or may not be committed. */
    public boolean leavesItUnknown() {
        return !(getCause() instanceof SQLTransientConnectionException)
                && (sqlState.startsWith("08") || sqlState.startsWith("57P"));
    }

    /** The database chose to abort this transaction (deadlock, serialization, time limit): trying again at once can help. */
    public boolean isTransient() {
        return unavailable || sqlState.startsWith("40") || sqlState.equals("55P03") || sqlState.equals("57014");
    }
}
