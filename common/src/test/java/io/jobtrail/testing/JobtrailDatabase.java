package io.jobtrail.testing;

import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.store.Changes;
import io.jobtrail.store.Database;
import io.jobtrail.store.JobActions;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.JobStore;
import io.jobtrail.store.Leases;
import io.jobtrail.store.Schema;
import io.jobtrail.testbed.TestDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.UUID;

/**
 * An empty Jobtrail database on a real Postgres, for one test class. {@link #runtime} has the rights that the processes have;
 * {@link #asOwner} those of the user who migrated.
 */
public final class JobtrailDatabase implements AutoCloseable {
    private final TestDatabase database;
    private final Database runtime;

    private JobtrailDatabase() {
        database = TestDatabase.fresh(JobtrailDatabase::migrate);
        runtime = new Database(url(), "test", 0, 12);
    }

    public static JobtrailDatabase fresh() {
        return new JobtrailDatabase();
    }

    /** In the form of DATABASE_URL. */
    public String environmentUrl() {
        return database.url();
    }

    public DatabaseUrl url() {
        return DatabaseUrl.parse(database.url());
    }

    public Database runtime() {
        return runtime;
    }

    public JobStore store() {
        return new JobStore(runtime);
    }

    public Leases leases() {
        return new Leases(runtime);
    }

    public JobActions actions() {
        return new JobActions(runtime);
    }

    public JobReader reader() {
        return new JobReader(runtime);
    }

    public Changes changes() {
        return new Changes(runtime);
    }

    public JobFactory aJob() {
        return new JobFactory(this);
    }

    public JobAssert assertThatJob(UUID id) {
        return new JobAssert(reader(), id);
    }

    /** Statements with the owner's rights; on this server the owner is a superuser. */
    public void asOwner(String... statements) {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            for (var sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** As if these, made longer ago by their ids, had ended so many days ago: the jobs say so, and trails that verify. */
    public void age(int days, UUID... ids) {
        for (var id : ids) {
            asOwner("SET session_replication_role = replica", """
                    DO $$ DECLARE
                        job CONSTANT uuid := '%1$s';
                        since interval := %2$d * interval '1 day'
                            - (SELECT clock_timestamp() - max(at) FROM pipeline_job_events WHERE job_id = job);
                        e pipeline_job_events; last bytea;
                    BEGIN
                        UPDATE pipeline_jobs SET finished_at = clock_timestamp() - %2$d * interval '1 day' WHERE id = job;
                        FOR e IN SELECT * FROM pipeline_job_events WHERE job_id = job ORDER BY seq LOOP
                            last := trail_hash(last, job, e.seq, e.previous_state, e.new_state, e.attempt, e.actor, e.reason,
                                e.metadata, e.at - since);
                            UPDATE pipeline_job_events SET at = e.at - since, hash = last WHERE job_id = job AND seq = e.seq;
                        END LOOP;
                    END $$""".formatted(id, days));
        }
    }

    /** The first column of the first row, as the owner sees it; null when there is no row. */
    public Object ask(String sql, Object... parameters) {
        try (var connection = connect()) {
            var rows = Database.list(connection, sql, row -> new Object[] {row.getObject(1)}, parameters);
            return rows.isEmpty() ? null : rows.get(0)[0];
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** A connection of the owner. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(url().jdbcUrl(), url().user(), url().password());
    }

    @Override
    public void close() {
        runtime.close();
        database.close();
    }

    private static void migrate(String url) {
        Schema.migrate(DatabaseUrl.parse(url));
    }
}
