package io.jobtrail.run;

import io.jobtrail.testing.JobtrailDatabase;
import java.sql.SQLException;

/** Counts, inside Postgres, the statements that write to the table of jobs. */
final class StatementCount {
    private final JobtrailDatabase database;
    private final long before;

    private StatementCount(JobtrailDatabase database) {
        this.database = database;
        before = read();
    }

    static StatementCount on(JobtrailDatabase database) {
        database.asOwner("CREATE SEQUENCE IF NOT EXISTS statements", """
                CREATE OR REPLACE FUNCTION count_statement() RETURNS trigger
                LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
                BEGIN PERFORM nextval('statements'); RETURN NULL; END $$""", """
                CREATE OR REPLACE TRIGGER count_statements AFTER INSERT OR UPDATE ON pipeline_jobs
                FOR EACH STATEMENT EXECUTE FUNCTION count_statement()""");
        return new StatementCount(database);
    }

    long count() {
        return read() - before;
    }

    private long read() {
        try (var connection = database.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(
                        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM statements")) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
