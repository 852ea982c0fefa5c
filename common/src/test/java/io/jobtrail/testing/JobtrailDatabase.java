package io.jobtrail.testing;

import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.store.Database;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.JobStore;
import io.jobtrail.store.Schema;
import io.jobtrail.testbed.TestDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

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

    public JobReader reader() {
        return new JobReader(runtime);
    }

    public JobFactory aJob() {
        return new JobFactory(this);
    }

    public JobAssert assertThatJob(java.util.UUID id) {
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
