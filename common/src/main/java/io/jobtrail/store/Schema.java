package io.jobtrail.store;

import io.jobtrail.config.DatabaseUrl;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;

/**
 * Brings the database to the state of {@code sql/}, which is packed into this jar. Any number of processes may call it at the
 * same moment: one migrates, the others wait.
 */
public final class Schema {
    private Schema() {}

    /** @return how many scripts were run; 0 when everything was there already */
    public static int migrate(DatabaseUrl url) {
        var flyway = Flyway.configure(Schema.class.getClassLoader())
                .dataSource(url.jdbcUrl(), url.user(), url.password())
                .locations("classpath:sql")
                .connectRetries(10)
                // The same files may have been run by psql before: the tables are there, Flyway's own table is not.
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .load();
        // Asking first spares a process without the owner's rights the attempt to lock Flyway's table.
        if (flyway.info().pending().length == 0) {
            return 0;
        }
        // Flyway's own lock comes too late: of two that find neither its table nor an empty schema, one would fail.
        try (var connection = DriverManager.getConnection(url.jdbcUrl(), url.user(), url.password())) {
            connection.setAutoCommit(false);
            Database.list(
                    connection, "SELECT pg_advisory_xact_lock(hashtext('jobtrail.migrate'))", row -> row.getObject(1));
            return flyway.migrate().migrationsExecuted;
        } catch (SQLException e) {
            throw new DatabaseFailure("migrate", e);
        }
    }
}
