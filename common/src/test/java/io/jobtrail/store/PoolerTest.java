package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.testbed.PgBouncer;
import io.jobtrail.testbed.TestDatabase;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.Together;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pooler that lends a session for one transaction, and has fewer of them than there are connections. */
class PoolerTest {
    private static final Path CONFIGURATION = Path.of("..", "docs", "pgbouncer.ini");
    private static final String SET =
            "SELECT current_user || ' ' || current_setting('lock_timeout') || ' ' || current_setting('jit')";
    private static final String OF_A_PROCESS = "jobtrail_runtime 5s off";

    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    @AutoClose
    private final JobtrailDatabase direct = JobtrailDatabase.fresh();

    @BeforeAll
    static void needsPgBouncer() {
        assumeTrue(PgBouncer.isInstalled(), "pgbouncer is not installed (Debian: apt-get install pgbouncer)");
    }

    @Test
    void everyStatementHasTheRightsAndLimitsOfAProcess() {
        direct.asOwner("CREATE TABLE seen (text text)", "GRANT ALL ON seen TO jobtrail_runtime");
        try (var pooler = pooler(2);
                var database = through(pooler, 4)) {
            Together.run(4, thread -> {
                for (int i = 0; i < 20; i++) { // from the fifth time on, the driver would name its statements
                    assertThat(seenBy(database)).isEqualTo(OF_A_PROCESS);
                    assertThat(database.update("INSERT INTO seen " + SET)).isEqualTo(1);
                    assertThat(database.<List<String>>inTransaction(connection -> {
                                Database.update(connection, "INSERT INTO seen " + SET);
                                return Database.list(connection, SET, row -> row.getString(1));
                            }))
                            .containsExactly(OF_A_PROCESS);
                }
                return null;
            });
        }
        assertThat(direct.ask("SELECT array_agg(DISTINCT text)::text || count(*) FROM seen"))
                .isEqualTo("{\"" + OF_A_PROCESS + "\"}160");
    }

    @Test
    void nothingIsLeftInASessionThatSomebodyElseGetsNext() throws SQLException {
        try (var pooler = pooler(1);
                var database = through(pooler, 2)) {
            var before = seenByAnother(pooler);
            assertThat(before).isNotEqualTo(OF_A_PROCESS);
            assertThat(seenBy(database)).isEqualTo(OF_A_PROCESS);
            assertThatThrownBy(() -> database.update("SELECT no_such_function()"))
                    .isInstanceOf(DatabaseFailure.class);
            assertThatThrownBy(() -> database.inTransaction(connection -> {
                        throw new IllegalStateException("no");
                    }))
                    .hasMessage("no");
            assertThat(seenByAnother(pooler)).isEqualTo(before);
        }
    }

    @Test
    void whatAnotherHasLeftInASessionChangesNothing() throws SQLException {
        try (var pooler = pooler(1);
                var database = through(pooler, 1)) {
            assertThat(seenBy(database)).isEqualTo(OF_A_PROCESS);
            seenByAnother(pooler, "SET ROLE pg_monitor", "SET lock_timeout = 0", "SET jit = on");
            assertThat(seenBy(database)).isEqualTo(OF_A_PROCESS);
        }
    }

    @Test
    void aLoginThatIsOnlyAMemberOfTheRoleWorksToo() {
        var login = "member_" + ProcessHandle.current().pid();
        direct.asOwner("CREATE ROLE " + login + " LOGIN IN ROLE jobtrail_runtime");
        try (var pooler = pooler(2, login);
                var database = new Database(
                        DatabaseUrl.parse(
                                pooler.through(direct.environmentUrl()).replaceFirst("//[^@]*@", "//" + login + "@")),
                        "member",
                        0,
                        2)) {
            assertThat(seenBy(database)).isEqualTo(OF_A_PROCESS);
        } finally {
            direct.asOwner("DROP ROLE " + login);
        }
    }

    @Test
    void jobsEndOnceAlsoWhileSessionsAreKilled() {
        var enoughKilled = 5;
        var killed = new AtomicLong();
        var jobs = new AtomicLong();
        var end = System.nanoTime() + LONG.toNanos();
        try (var pooler = pooler(3);
                var database = through(pooler, 12)) {
            var store = new JobStore(database);
            Together.run(8, thread -> {
                while (killed.get() < enoughKilled && System.nanoTime() < end) {
                    if (thread > 0) {
                        run(store, direct.aJob().insert());
                        jobs.incrementAndGet();
                    } else {
                        killed.addAndGet(
                                (Long)
                                        direct.ask(
                                                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                                        + " WHERE datname = current_database() AND application_name = 'jobtrail pooled'"));
                    }
                }
                return null;
            });
            assertThat(killed.get()).isGreaterThanOrEqualTo(enoughKilled);
            assertThat(direct.ask("SELECT count(*) FROM pipeline_job_events WHERE new_state = 'finished'"))
                    .isEqualTo(jobs.get());
            assertThat(direct.ask("SELECT count(*) FROM pipeline_jobs WHERE status = 'finished'"))
                    .isEqualTo(jobs.get());
            assertThat(new JobReader(database).verifyTrail(null)).isEmpty();
        }
    }

    /** As a worker does that does not know what became of its statement. */
    private static void run(JobStore store, UUID id) {
        var claim = patiently()
                .until(
                        () -> store.claim(id, "w", List.of("process_document")).or(() -> store.claimOf(id, "w")),
                        Optional::isPresent)
                .orElseThrow();
        patiently()
                .until(() -> store.complete(claim, "{}") || store.leftAs(claim).isPresent());
    }

    private static ConditionFactory patiently() {
        return await().atMost(LONG)
                .pollDelay(Duration.ZERO)
                .ignoreExceptionsMatching(e -> e instanceof DatabaseFailure failure && failure.isTransient());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void noMigrationRunsInTransactionMode(int roundRobin) throws SQLException {
        direct.asOwner("UPDATE flyway_schema_history SET checksum = 0 WHERE script = 'R__3_views.sql'");
        try (var pooler = pooler(Map.of("default_pool_size", "20", "server_round_robin", "" + roundRobin));
                var several = through(pooler, 15)) {
            openAtOnce(several, 15); // so that the pooler has a choice
            assertThatThrownBy(() -> Schema.migrate(url(pooler)))
                    .hasMessageContaining("api.jar migrate")
                    .hasMessageContaining("straight to Postgres");
            assertThat(direct.ask("SELECT checksum FROM flyway_schema_history WHERE script = 'R__3_views.sql'"))
                    .isEqualTo(0);
            assertThat(Schema.migrate(direct.url())).isEqualTo(1);

            var before = seenByAnother(pooler);
            assertThat(Schema.migrate(url(pooler), 30)).as("nothing to do").isZero();
            assertThat(direct.ask("SELECT days FROM pipeline_retention")).isEqualTo(30);
            assertThat(seenByAnother(pooler)).isEqualTo(before);
        }
    }

    @Test
    void aMigrationRunsInSessionMode() {
        try (var pooler = pooler(Map.of("pool_mode", "session"));
                var empty = TestDatabase.fresh(PoolerTest::leaveEmpty)) {
            assertThat(Schema.migrate(DatabaseUrl.parse(pooler.through(empty.url()))))
                    .isPositive();
            assertThat(Schema.migrate(DatabaseUrl.parse(pooler.through(empty.url()))))
                    .isZero();
        }
    }

    @Test
    void aConnectionStraightToPostgresHasASessionOfItsOwn() throws SQLException {
        try (var connection = direct.connect()) {
            assertThat(Sessions.isLent(connection)).isFalse();
        }
    }

    private PgBouncer pooler(int sessions, String... logins) {
        return pooler(Map.of("default_pool_size", Integer.toString(sessions)), logins);
    }

    private PgBouncer pooler(Map<String, String> settings, String... logins) {
        return PgBouncer.start(directory, TestServers.postgres(), CONFIGURATION, settings, logins);
    }

    private Database through(PgBouncer pooler, int connections) {
        return new Database(url(pooler), "pooled", 0, connections);
    }

    private DatabaseUrl url(PgBouncer pooler) {
        return DatabaseUrl.parse(pooler.through(direct.environmentUrl()));
    }

    private static void openAtOnce(Database database, int sessions) {
        database.inTransaction(connection -> {
            if (sessions > 1) {
                openAtOnce(database, sessions - 1);
            }
            return null;
        });
    }

    private static String seenBy(Database database) {
        return database.first(SET, row -> row.getString(1)).orElseThrow();
    }

    /** A client of the same login that has nothing to do with Jobtrail. */
    private String seenByAnother(PgBouncer pooler, String... afterwards) throws SQLException {
        var url = url(pooler);
        try (var connection =
                        DriverManager.getConnection(url.jdbcUrl() + "?prepareThreshold=0", url.user(), url.password());
                var statement = connection.createStatement()) {
            var seen = Database.list(connection, SET, row -> row.getString(1)).get(0);
            for (var sql : afterwards) {
                statement.execute(sql);
            }
            return seen;
        }
    }

    private static void leaveEmpty(String url) {
        assertThat(url).isNotEmpty();
    }
}
