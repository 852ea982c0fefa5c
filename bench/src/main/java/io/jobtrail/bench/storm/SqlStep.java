package io.jobtrail.bench.storm;

import java.sql.Connection;
import java.sql.SQLException;

/** Something done to the database, with the rights of its owner. */
@FunctionalInterface
public interface SqlStep {
    SqlStep NOTHING = owner -> {};

    void on(Connection owner) throws SQLException;
}
