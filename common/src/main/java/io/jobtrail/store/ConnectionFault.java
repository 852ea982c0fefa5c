package io.jobtrail.store;

import io.jobtrail.config.NetworkFault;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;

/** Why there is no connection to Postgres, in words for people who may not know its address, user or password: it tells none. */
final class ConnectionFault {
    private ConnectionFault() {}

    /** @param failure of the driver, or of the pool that has waited for it in vain */
    static String inWords(SQLException failure) {
        if (failure instanceof SQLTransientConnectionException && failure.getCause() instanceof SQLException cause) {
            return inWords(cause);
        }
        var state = failure.getSQLState() == null ? "" : failure.getSQLState();
        if (state.startsWith("28")) {
            return "authentication failed: DATABASE_URL needs another user or password, or this host is not let in";
        } else if (state.equals("3D000")) {
            return "the database that DATABASE_URL names does not exist";
        } else if (state.startsWith("53")) {
            return "it takes no more connections, or is out of memory or disk";
        } else if (state.equals("57P03")) {
            return "it is starting or stopping";
        } else if (state.startsWith("57P")) {
            return "it was stopped";
        } else if (failure instanceof SQLTransientConnectionException) {
            return "all connections are in use";
        }
        // The driver says without a cause that the time for logging in is over.
        return NetworkFault.inWords(failure)
                .orElse(state.equals("08001") && failure.getCause() == null ? NetworkFault.TIMED_OUT : "no connection");
    }
}
