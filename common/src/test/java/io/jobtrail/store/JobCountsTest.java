package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.Together;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The sums are what counting would give, whatever changes the jobs, in every snapshot. */
class JobCountsTest {
    /** Every kind of which the sums and the jobs themselves say something else. */
    private static final String DIFFERENCES = """
            SELECT count(*) FROM (
                SELECT status, queue, realm, handler, sum(n) FROM (
                    SELECT status, queue, realm, handler, count(*) AS n FROM pipeline_jobs WHERE deleted_at IS NULL GROUP BY 1, 2, 3, 4
                    UNION ALL SELECT status, queue, realm, handler, -sum(jobs) FROM pipeline_job_counts GROUP BY 1, 2, 3, 4) x
                GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0) different""";

    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    private final JobStore store = database.store();

    private void assertRight() {
        assertThat(database.ask(DIFFERENCES)).isEqualTo(0L);
    }

    private long count(JobState state) {
        return database.reader().counts().values().stream()
                .mapToLong(states -> states.getOrDefault(state, 0L))
                .sum();
    }

    @Test
    void everyTransitionIsCounted() {
        var finished = database.aJob().realm("a").claimedBy("w");
        assertThat(count(JobState.RUNNING)).isOne();
        store.complete(finished, "{}");
        assertThat(count(JobState.RUNNING)).isZero();
        assertThat(count(JobState.FINISHED)).isOne();

        var failing = database.aJob().queue(QueueName.SLOW).claimedBy("w");
        store.fail(failing, "TEST", "test", false, Duration.ZERO);
        assertThat(count(JobState.RETRYING)).isOne();
        failing = store.claim(failing.id(), "w", List.of("process_document")).orElseThrow();
        store.fail(failing, "TEST", "test", true, Duration.ZERO);
        assertThat(count(JobState.FAILED)).isOne();
        database.actions().retry(failing.id(), "anna", "again");
        assertThat(count(JobState.QUEUED)).isOne();
        database.actions().cancel(failing.id(), "anna", "no");
        assertThat(count(JobState.CANCELLED)).isOne();

        var lost = database.aJob().claimedBy("w");
        database.asOwner("UPDATE pipeline_jobs SET last_heartbeat_at = '2001-01-01' WHERE status = 'running'");
        assertThat(database.leases().releaseStale(Duration.ofSeconds(60), 10, "sweeper"))
                .extracting(Leases.Released::id)
                .containsExactly(lost.id());
        assertThat(count(JobState.RETRYING)).isOne();
        assertThat(database.reader().counts().get(QueueName.SLOW)).containsOnlyKeys(JobState.CANCELLED);
        assertRight();
    }

    @Test
    void whatPeopleWriteByHandIsCounted() {
        var one = database.aJob().insert();
        var other = database.aJob().insert();
        database.asOwner("UPDATE pipeline_jobs SET status = 'cancelled'");
        assertThat(count(JobState.CANCELLED)).isEqualTo(2);
        database.asOwner(
                "UPDATE pipeline_jobs SET realm = 'b', queue = 'slow', handler = 'x' WHERE id = '" + one + "'");
        assertThat(database.reader().counts().get(QueueName.SLOW)).containsEntry(JobState.CANCELLED, 1L);
        assertRight();
        database.asOwner("UPDATE pipeline_jobs SET deleted_at = now() WHERE id = '" + one + "'");
        assertThat(count(JobState.CANCELLED)).isOne();
        database.asOwner("UPDATE pipeline_jobs SET status = 'queued' WHERE id = '" + one + "'");
        assertThat(count(JobState.QUEUED)).as("a hidden one").isZero();
        assertRight();
        database.asOwner("UPDATE pipeline_jobs SET deleted_at = NULL");
        assertThat(count(JobState.QUEUED)).isOne();
        database.asOwner(
                "SET jobtrail.purging = 'on'",
                "DELETE FROM pipeline_job_events WHERE job_id = '" + other + "'",
                "DELETE FROM pipeline_jobs WHERE id = '" + other + "'");
        assertThat(count(JobState.CANCELLED)).isZero();
        assertRight();
    }

    @Test
    void whatIsPurgedIsCountedNoMore() {
        var old = database.aJob().madeDaysAgo(50).claimedBy("w");
        store.complete(old, "{}");
        database.age(2, old.id());
        var young = database.aJob().claimedBy("w");
        store.complete(young, "{}");
        assertThat(count(JobState.FINISHED)).isEqualTo(2);
        assertThat(database.ask("SELECT purge_jobs('1 day')")).isEqualTo(1);
        assertThat(count(JobState.FINISHED)).isOne();
        assertRight();
    }

    @Test
    void whatIsRolledBackIsNotCounted() throws SQLException {
        try (var connection = database.connect()) {
            connection.setAutoCommit(false);
            Database.list(connection, "SELECT * FROM enqueue_job('process_document')", row -> null);
            connection.rollback();
        }
        assertThat(count(JobState.QUEUED)).isZero();
    }

    @Test
    void aHeartbeatAppendsNothing() {
        var claim = database.aJob().claimedBy("w");
        var rows = database.ask("SELECT count(*) FROM pipeline_job_counts");
        database.leases().updateHeartbeats(List.of(new Leases.Beat(claim.id(), claim.version(), "extracting", 0.4)));
        assertThat(database.ask("SELECT count(*) FROM pipeline_job_counts")).isEqualTo(rows);
    }

    @Test
    void foldingLeavesOneRowOfEachKindAndTheSameSums() {
        for (int i = 0; i < 20; i++) {
            store.complete(database.aJob().realm("realm-" + i % 2).claimedBy("w"), "{}");
        }
        var before = database.reader().counts();
        new JobCounts(database.runtime()).fold();
        assertThat(database.reader().counts()).isEqualTo(before);
        assertThat(database.ask("SELECT count(*) FROM pipeline_job_counts")).isEqualTo(2L);
        var untouched = database.ask("SELECT max(ctid::text) FROM pipeline_job_counts");
        new JobCounts(database.runtime()).fold();
        assertThat(database.ask("SELECT max(ctid::text) FROM pipeline_job_counts"))
                .isEqualTo(untouched);
        assertRight();
    }

    /** Writers, two who fold, and a reader who counts both ways in one snapshot. */
    @Test
    void everySnapshotIsRightWhileManyWrite() {
        var busy = new AtomicInteger(3);
        var looks = Together.run(6, lane -> {
            if (lane < 3) {
                try {
                    for (int i = 0; i < 60; i++) {
                        var claim = database.aJob().realm("realm-" + i % 3).claimedBy("w");
                        if (i % 3 == 0) {
                            store.fail(claim, "TEST", "test", i % 2 == 0, Duration.ZERO);
                        } else if (i % 3 == 1) {
                            store.complete(claim, "{}");
                        }
                    }
                    return 0L;
                } finally {
                    busy.decrementAndGet();
                }
            }
            long wrong = 0;
            do {
                if (lane == 3) {
                    wrong += (Long) database.ask(DIFFERENCES);
                } else {
                    new JobCounts(database.runtime()).fold();
                }
            } while (busy.get() > 0);
            return wrong;
        });
        assertThat(looks).containsOnly(0L);
        assertRight();
    }

    /** Whoever goes around the triggers can have it put right, also while others write. */
    @Test
    void aRecountPutsRightWhatIsWrongWhileManyWrite() {
        for (int i = 0; i < 30; i++) {
            database.aJob().realm("realm-" + i % 3).insert();
        }
        database.asOwner(
                "SET session_replication_role = replica",
                "UPDATE pipeline_jobs SET realm = 'elsewhere' WHERE realm = 'realm-1'",
                "DELETE FROM pipeline_jobs WHERE realm = 'realm-2'");
        var busy = new AtomicInteger(2);
        Together.run(4, lane -> {
            if (lane < 2) {
                try {
                    for (int i = 0; i < 40; i++) {
                        store.complete(database.aJob().realm("realm-1").claimedBy("w"), "{}");
                    }
                } finally {
                    busy.decrementAndGet();
                }
            } else {
                do {
                    database.asOwner("SELECT recount_jobs()");
                } while (busy.get() > 0);
            }
            return null;
        });
        assertRight();
        assertThat(database.ask("SELECT sum(jobs)::bigint FROM pipeline_job_counts WHERE realm = 'elsewhere'"))
                .isEqualTo(10L);
    }

    @Test
    void theMigrationCountsTheJobsThatWereThereBefore() throws Exception {
        store.complete(database.aJob().claimedBy("w"), "{}");
        database.aJob().insert();
        database.asOwner("TRUNCATE pipeline_job_counts");
        database.aJob().insert();
        database.asOwner(Files.readString(Path.of("..", "sql", "R__6_recount.sql")));
        assertThat(count(JobState.QUEUED)).isEqualTo(2);
        assertThat(count(JobState.FINISHED)).isOne();
        assertRight();
    }

    /** Between the look of a writer and its commit: no row that all have to change makes others wait. */
    @Test
    void aWriterWaitsForNoOther() throws SQLException {
        try (Connection slow = database.connect()) {
            slow.setAutoCommit(false);
            Database.list(slow, "SELECT * FROM enqueue_job('process_document')", row -> null);
            UUID id = database.aJob().insert();
            new JobCounts(database.runtime()).fold();
            assertThat(database.actions().cancel(id, "anna", "no")).isNotNull();
            assertThat(count(JobState.CANCELLED)).isOne();
            slow.commit();
        }
        assertThat(count(JobState.QUEUED)).isOne();
        assertRight();
    }

    @Test
    void theProcessesCannotWriteTheSums() {
        for (var statement : List.of(
                "INSERT INTO pipeline_job_counts VALUES ('queued', 'slow', 'a', 'b', 1)",
                "UPDATE pipeline_job_counts SET jobs = 1",
                "DELETE FROM pipeline_job_counts",
                "SELECT recount_jobs()")) {
            assertThatThrownBy(() -> database.runtime().update(statement))
                    .as(statement)
                    .hasMessageContaining("permission denied");
        }
    }
}
