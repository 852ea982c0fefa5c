package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.testbed.TestDatabase;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.Together;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class SchemaTest {
    private static final Path SQL = Path.of("..", "sql");
    private static final List<String> FILES = List.of(
            "V1__tables.sql",
            "V2__sweeps.sql",
            "V3__retention.sql",
            "V4__lists.sql",
            "V5__fewer_indexes.sql",
            "V6__answers.sql",
            "V7__access.sql",
            "V8__changes.sql",
            "V9__batches_and_queues.sql",
            "V10__checks_once.sql",
            "V11__ended_sessions.sql",
            "R__1_trail.sql",
            "R__2_transitions.sql",
            "R__3_views.sql",
            "R__4_roles.sql",
            "R__5_counts.sql",
            "R__6_recount.sql",
            "R__7_keys.sql",
            "R__8_changes.sql",
            "R__9_queues.sql");

    @Test
    void theseAreAllFiles() throws IOException {
        try (Stream<Path> files = Files.list(SQL)) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".sql")))
                    .containsExactlyInAnyOrderElementsOf(FILES);
        }
    }

    @Test
    void anEmptyDatabaseIsMigratedOnce() {
        try (var empty = TestDatabase.fresh(SchemaTest::leaveEmpty)) {
            var url = DatabaseUrl.parse(empty.url());
            assertThat(Schema.migrate(url)).isEqualTo(FILES.size());
            assertThat(Schema.migrate(url)).isZero();
        }
    }

    @RepeatedTest(3)
    void eightProcessesMayMigrateAtTheSameMoment() {
        try (var empty = TestDatabase.fresh(SchemaTest::leaveEmpty)) {
            var url = DatabaseUrl.parse(empty.url());
            assertThat(Together.run(8, i -> Schema.migrate(url)))
                    .containsExactlyInAnyOrder(FILES.size(), 0, 0, 0, 0, 0, 0, 0);
            assertThat(Schema.migrate(url)).isZero();
        }
    }

    @Test
    void theFilesRunTwiceWithoutFlywayAndThenUnderFlyway() throws Exception {
        try (var empty = TestDatabase.fresh(SchemaTest::leaveEmpty)) {
            for (int i = 0; i < 2; i++) {
                for (var file : FILES) {
                    runByHand(empty.url(), file);
                }
            }
            var url = DatabaseUrl.parse(empty.url());
            assertThat(Schema.migrate(url)).isEqualTo(FILES.size());
            assertThat(Schema.migrate(url)).isZero();
            try (var database = new Database(url, "by-hand", 0, 1)) {
                assertThat(database.first(
                                "SELECT status FROM enqueue_job('process_document')", row -> row.getString(1)))
                        .contains("queued");
                assertThat(new JobReader(database).verifyTrail(null)).isEmpty();
            }
        }
    }

    @Test
    void theOwnersLoginBringsTheDaysAfterWhichJobsMayBePurged() {
        try (var database = JobtrailDatabase.fresh()) {
            for (var days : new Integer[] {30, 30, 7, null, null, 90}) {
                Schema.migrate(database.url(), days);
                assertThat(database.ask("SELECT days FROM pipeline_retention")).isEqualTo(days);
            }
        }
    }

    @Test
    void aLoginOfTheRuntimeRoleCannotBringThemAndWorksOn() {
        var login = "runtime_login_" + ProcessHandle.current().pid();
        try (var database = JobtrailDatabase.fresh()) {
            database.asOwner("CREATE ROLE " + login + " LOGIN IN ROLE jobtrail_runtime", "SELECT set_retention(30)");
            try {
                var url = DatabaseUrl.parse(database.environmentUrl().replaceFirst("//[^@]*@", "//" + login + "@"));
                for (var days : new Integer[] {1, null, 30}) {
                    assertThat(Schema.migrate(url, days)).isZero();
                    assertThat(database.ask("SELECT days FROM pipeline_retention"))
                            .isEqualTo(30);
                }
            } finally {
                database.asOwner("DROP ROLE " + login);
            }
        }
    }

    /** The script wants a lock that a long transaction keeps from it; whoever queues behind it waits at most as long as it does. */
    @Test
    void aMigrationThatGetsNoLockLetsOthersPassAndTriesAgain() throws Exception {
        try (var database = JobtrailDatabase.fresh();
                var holder = database.connect();
                var statement = holder.createStatement()) {
            database.asOwner("UPDATE flyway_schema_history SET checksum = 0 WHERE script = 'R__1_trail.sql'");
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE pipeline_jobs IN ROW EXCLUSIVE MODE");

            assertThat(CompletableFuture.supplyAsync(() -> Schema.migrate(database.url(), 2, Duration.ofMillis(100))))
                    .failsWithin(Duration.ofSeconds(30))
                    .withThrowableOfType(ExecutionException.class)
                    .withCauseInstanceOf(DatabaseFailure.class)
                    .withMessageContaining("lock timeout");

            var migration =
                    CompletableFuture.supplyAsync(() -> Schema.migrate(database.url(), 60, Duration.ofMillis(100)));
            await().until(() -> database.ask(
                            "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'pipeline_jobs'::regclass AND NOT granted"
                                    + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))")
                    .equals(true));
            assertThat(database.aJob().insert()).isNotNull();
            assertThat(migration).isNotDone();

            holder.rollback();
            assertThat(migration.get(30, TimeUnit.SECONDS)).isEqualTo(1);
            assertThat(Schema.migrate(database.url())).isZero();
        }
    }

    @Test
    void aStaleOverloadIsGoneAfterTheFileRanAgain() throws Exception {
        try (var database = JobtrailDatabase.fresh()) {
            database.asOwner(
                    "CREATE FUNCTION complete_job(uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
                    "CREATE FUNCTION verify_trail(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'");
            runByHand(database.environmentUrl(), "R__1_trail.sql");
            runByHand(database.environmentUrl(), "R__2_transitions.sql");
            assertThat(database.ask("SELECT count(*) FROM pg_proc WHERE proname = 'complete_job'"))
                    .isEqualTo(1L);
            assertThat(database.ask("SELECT count(*) FROM pg_proc WHERE proname = 'verify_trail'"))
                    .isEqualTo(1L);
        }
    }

    @Test
    void whatIsRecreatedAloneKeepsTheRightsOfTheRuntimeRole() throws Exception {
        try (var database = JobtrailDatabase.fresh()) {
            database.asOwner("DROP VIEW stuck_jobs", "CREATE VIEW stuck_jobs AS SELECT 1 AS old_form");
            runByHand(database.environmentUrl(), "R__2_transitions.sql");
            runByHand(database.environmentUrl(), "R__3_views.sql");

            assertThat(database.runtime().list("SELECT why FROM stuck_jobs", row -> row.getString(1)))
                    .isEmpty();
            for (var view : List.of(
                    "dead_letter_jobs",
                    "job_queue_stats",
                    "running_jobs_monitor",
                    "job_timing_stats",
                    "stage_distribution",
                    "job_attempts",
                    "job_results",
                    "stuck_jobs")) {
                assertThat(database.runtime().list("SELECT * FROM " + view, row -> row.getObject(1)))
                        .isEmpty();
            }
        }
    }

    /** Roles belong to the server: a tenant must not open its tables to another tenant's role of the same name. */
    @Test
    void aRoleThatBelongsToSomebodyElseGetsNoRights() throws Exception {
        var tenant = "tenant_" + ProcessHandle.current().pid();
        try (var first = JobtrailDatabase.fresh();
                var own = TestDatabase.fresh(SchemaTest::leaveEmpty)) {
            first.asOwner("CREATE ROLE " + tenant + " LOGIN", "ALTER DATABASE " + own.name() + " OWNER TO " + tenant);
            var url = DatabaseUrl.parse(own.url().replaceFirst("//[^@]*@", "//" + tenant + "@"));
            Schema.migrate(url);
            try (var database = new Database(url, "tenant", 0, 1)) {
                assertThat(database.first("SELECT current_user", row -> row.getString(1)))
                        .contains(tenant);
                assertThat(database.first(
                                "SELECT has_table_privilege('jobtrail_runtime', 'pipeline_jobs', 'SELECT')",
                                row -> row.getBoolean(1)))
                        .contains(false);
                assertThat(new JobStore(database).claim(List.of(), 1, "w", List.of()))
                        .isEmpty();
            }
            own.close();
            first.asOwner("DROP ROLE " + tenant);
        }
    }

    @Test
    void theProcessesRunAsTheRoleWithoutTheOwnersRights() {
        try (var database = JobtrailDatabase.fresh()) {
            assertThat(database.runtime().first("SELECT current_user", row -> row.getString(1)))
                    .contains("jobtrail_runtime");
            assertThat(database.runtime()
                            .first(
                                    "SELECT rolsuper OR rolcanlogin OR rolcreaterole FROM pg_roles WHERE rolname = current_user",
                                    row -> row.getBoolean(1)))
                    .contains(false);
        }
    }

    @Test
    void strangersMayNotDelete() {
        try (var database = JobtrailDatabase.fresh()) {
            database.asOwner("DROP ROLE IF EXISTS stranger_to_jobs", "CREATE ROLE stranger_to_jobs");
            try {
                for (var function :
                        List.of("purge_jobs", "purge_expired_jobs", "set_retention", "remove_unseen_chunks")) {
                    assertThat(database.ask(
                                    "SELECT has_function_privilege('stranger_to_jobs', oid, 'EXECUTE') FROM pg_proc WHERE proname = ?",
                                    function))
                            .as(function)
                            .isEqualTo(false);
                }
            } finally {
                database.asOwner("DROP ROLE stranger_to_jobs");
            }
        }
    }

    private static void leaveEmpty(String url) {
        assertThat(url).isNotEmpty();
    }

    /** With psql where the machine has it, else as one simple query with many statements. */
    private static void runByHand(String url, String file) throws Exception {
        if (Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Path.of(directory, "psql").toFile().canExecute())) {
            var psql = new ProcessBuilder(
                            "psql",
                            "-X",
                            "-q",
                            "-v",
                            "ON_ERROR_STOP=1",
                            "-d",
                            url,
                            "-f",
                            SQL.resolve(file).toString())
                    .redirectErrorStream(true)
                    .start();
            var said = new String(psql.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(psql.waitFor()).as(said).isZero();
        } else {
            var parsed = DatabaseUrl.parse(url);
            try (var connection = DriverManager.getConnection(parsed.jdbcUrl(), parsed.user(), parsed.password());
                    var statement = connection.createStatement()) {
                statement.execute(Files.readString(SQL.resolve(file)));
            }
        }
    }
}
