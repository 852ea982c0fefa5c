package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.job.JobState;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the trail promises: complete whoever writes, append-only, and every later change is named. */
class TrailTest {
    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    @Test
    void anIllegalTransitionByHandIsRefused() {
        var id = database.aJob().insert();
        assertThatThrownBy(() -> database.asOwner("UPDATE pipeline_jobs SET status = 'finished'"))
                .hasMessageContaining("queued -> finished");
        database.assertThatJob(id).is(JobState.QUEUED).hasHistory("queued");
    }

    @Test
    void aTransitionByHandNamesTheDatabaseUser() {
        var claim = database.aJob().claimedBy("w");
        database.asOwner("UPDATE pipeline_jobs SET status = 'failed', actor = 'worker:w', reason = 'COMPLETED'");

        database.assertThatJob(claim.id()).isFailed("MANUAL").hasHistory("queued", "running", "failed");
        var event = database.reader().history(claim.id()).get(2);
        assertThat(event.actor()).isEqualTo("db:" + database.ask("SELECT session_user"));
        assertThat(event.reason()).isEqualTo("MANUAL");
        assertThat(event.previousState()).isEqualTo("running");
        assertThat(database.store().complete(claim, "{}")).isFalse();
    }

    @Test
    void aTransitionByHandOfManyJobsLeavesAnEventForEach() {
        for (int i = 0; i < 20; i++) {
            database.aJob().insert();
        }
        database.asOwner("UPDATE pipeline_jobs SET status = 'cancelled'");
        assertThat(database.ask("SELECT count(*) FROM pipeline_job_events WHERE reason = 'MANUAL'"))
                .isEqualTo(20L);
        assertThat(database.reader().verifyTrail(null)).isEmpty();
    }

    @Test
    void aCancelledJobThatIsQueuedByHandIsNotCancelledAgain() {
        var claim = database.aJob().claimedBy("w");
        database.actions().cancel(claim.id(), "anna", "WRONG_FILE");
        database.store().finishCancelled(claim);
        database.asOwner("UPDATE pipeline_jobs SET status = 'queued'");
        database.assertThatJob(claim.id()).is(JobState.QUEUED);
        assertThat(database.assertThatJob(claim.id()).job().cancelRequested()).isFalse();
    }

    @Test
    void theTrailAndItsJobsAreAppendOnlyEvenForTheOwner() {
        database.aJob().insert();
        for (var statement : List.of(
                "UPDATE pipeline_job_events SET actor = 'x'",
                "DELETE FROM pipeline_job_events",
                "TRUNCATE pipeline_job_events",
                "DELETE FROM pipeline_jobs",
                "TRUNCATE pipeline_jobs CASCADE",
                "TRUNCATE pipeline_documents CASCADE")) {
            assertThatThrownBy(() -> database.asOwner(statement)).hasMessageContaining("the trail is append-only");
        }
        assertThat(database.ask("SELECT count(*) FROM pipeline_job_events")).isEqualTo(1L);
        assertThat(database.ask("SELECT count(*) FROM pipeline_jobs")).isEqualTo(1L);
    }

    @Test
    void theRuntimeRoleHasNoRightToTouchTheTrail() {
        database.aJob().insert();
        for (var statement : List.of(
                "UPDATE pipeline_job_events SET actor = 'x'",
                "DELETE FROM pipeline_job_events",
                "TRUNCATE pipeline_job_events",
                "INSERT INTO pipeline_job_events SELECT * FROM pipeline_job_events",
                "DELETE FROM pipeline_jobs",
                "TRUNCATE pipeline_jobs",
                "ALTER TABLE pipeline_jobs DISABLE TRIGGER ALL",
                "ALTER TABLE pipeline_job_events DISABLE TRIGGER ALL",
                "DROP TRIGGER pipeline_jobs_2_guard ON pipeline_jobs",
                "DROP TABLE pipeline_job_events",
                "SET session_replication_role = replica",
                "CREATE OR REPLACE FUNCTION pipeline_jobs_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                "CREATE TRIGGER mine BEFORE INSERT ON pipeline_job_events EXECUTE FUNCTION pipeline_append_only()")) {
            for (var purging : new String[] {"off", "on"}) {
                assertThatThrownBy(() -> asRuntime("SET LOCAL jobtrail.purging = '" + purging + "'", statement))
                        .isInstanceOfSatisfying(
                                DatabaseFailure.class,
                                failure -> assertThat(failure.sqlState()).isEqualTo("42501"));
            }
        }
        assertThat(database.ask("SELECT count(*) FROM pipeline_job_events")).isEqualTo(1L);
    }

    @Test
    void aTemporaryTableDoesNotStandInFrontOfTheTrail() {
        var id = database.aJob().insert();
        asRuntime(
                "CREATE TEMP TABLE pipeline_job_events (LIKE pipeline_job_events) ON COMMIT DROP",
                "GRANT ALL ON pg_temp.pipeline_job_events TO PUBLIC",
                "UPDATE pipeline_jobs SET status = 'cancelled'");
        database.assertThatJob(id).is(JobState.CANCELLED).hasHistory("queued", "cancelled");
    }

    @Test
    void theFunctionsThatWriteEventsCannotBeBorrowed() {
        database.aJob().insert();
        assertThatThrownBy(() -> asRuntime(
                        "CREATE TEMP TABLE mine (LIKE pipeline_jobs INCLUDING DEFAULTS)",
                        "CREATE TRIGGER forge AFTER INSERT ON mine REFERENCING NEW TABLE AS new_rows"
                                + " FOR EACH STATEMENT EXECUTE FUNCTION pipeline_jobs_trail_insert()",
                        "INSERT INTO mine (id, queue, handler, timeout_sec) VALUES ('" + new UUID(0, 0)
                                + "', 'default', 'x', 1)"))
                .hasMessageContaining("permission denied for function pipeline_jobs_trail_insert");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "actor = 'somebody'",
                "reason = 'OTHER'",
                "attempt = 7",
                "metadata = '{\"a\": 1}'",
                "at = at + interval '1 microsecond'",
                "hash = sha256('x')"
            })
    void anEventChangedBehindTheTriggerIsNamed(String change) {
        var id = finished();
        untriggered("UPDATE pipeline_job_events SET " + change + " WHERE job_id = '" + id + "' AND seq = 3");

        var problems = database.reader().verifyTrail(null);
        assertThat(problems)
                .extracting(JobReader.Problem::jobId, JobReader.Problem::seq)
                .first()
                .isEqualTo(org.assertj.core.groups.Tuple.tuple(id, 3));
        if (!change.startsWith("hash")) {
            assertThat(problems).hasSize(1);
        }
    }

    @Test
    void aForgedEventWithAFittingHashIsCaughtByTheNextOne() {
        var id = finished();
        untriggered("UPDATE pipeline_job_events SET actor = 'somebody' WHERE seq = 2", """
                UPDATE pipeline_job_events e SET hash = trail_hash((SELECT hash FROM pipeline_job_events WHERE seq = 1),
                    job_id, seq, previous_state, new_state, attempt, actor, reason, metadata, at) WHERE seq = 2""");
        assertThat(database.reader().verifyTrail(id))
                .extracting(JobReader.Problem::seq)
                .containsExactly(3);
    }

    @Test
    void anEventMissingInTheMiddleIsNamed() {
        var id = finished();
        untriggered("DELETE FROM pipeline_job_events WHERE seq = 2");
        assertThat(database.reader().verifyTrail(id))
                .extracting(JobReader.Problem::problem)
                .contains("event 2 is missing");
    }

    @Test
    void aRemovedFirstEventIsNamed() {
        var id = finished();
        untriggered("DELETE FROM pipeline_job_events WHERE seq = 1");
        assertThat(database.reader().verifyTrail(id))
                .extracting(JobReader.Problem::problem)
                .contains("event 1 is missing");
    }

    @Test
    void aRemovedLastEventIsNamed() {
        var id = finished();
        untriggered("DELETE FROM pipeline_job_events WHERE seq = 5");
        assertThat(database.reader().verifyTrail(id))
                .containsExactly(new JobReader.Problem(
                        id, 4, "the job says version 5 and finished, its newest event 4 and running"));
    }

    @Test
    void aJobWithoutEventsIsNamed() {
        var id = finished();
        untriggered("DELETE FROM pipeline_job_events");
        assertThat(database.reader().verifyTrail(id))
                .containsExactly(new JobReader.Problem(id, null, "the job has no event"));
        assertThat(database.reader().verifyTrail(null)).hasSize(1);
    }

    @Test
    void aStatusChangedBehindTheTriggerIsNamed() {
        var id = finished();
        untriggered("UPDATE pipeline_jobs SET status = 'cancelled'");
        assertThat(database.reader().verifyTrail(id))
                .containsExactly(new JobReader.Problem(
                        id, 5, "the job says version 5 and cancelled, its newest event 5 and finished"));
    }

    @Test
    void aRemovedJobIsNamed() {
        var id = finished();
        untriggered("DELETE FROM pipeline_jobs");
        assertThat(database.reader().verifyTrail(null))
                .containsExactly(new JobReader.Problem(id, 5, "the job of this event is gone"));
        assertThat(database.reader().verifyTrail(id)).hasSize(1);
    }

    @Test
    void theTrailOfOneJobSaysNothingOfOthers() {
        var broken = finished();
        untriggered("UPDATE pipeline_job_events SET actor = 'x' WHERE seq = 2");
        var sound = database.aJob().insert();
        assertThat(database.reader().verifyTrail(sound)).isEmpty();
        assertThat(database.reader().verifyTrail(broken)).hasSize(1);
        assertThat(database.reader().verifyTrail(null)).hasSize(1);
    }

    /** Queued, running, retrying, running, finished. */
    private UUID finished() {
        var first = database.aJob().claimedBy("w");
        database.store().fail(first, "TRY_AGAIN", "x", false, Duration.ZERO);
        var second = database.store()
                .claim(first.id(), "v", List.of("process_document"))
                .orElseThrow();
        database.store().complete(second, "{}");
        database.assertThatJob(first.id())
                .isFinished()
                .hasHistory("queued", "running", "retrying", "running", "finished");
        return first.id();
    }

    /** What a superuser can do who wants to. */
    private void untriggered(String... statements) {
        database.asOwner("ALTER TABLE pipeline_jobs DISABLE TRIGGER USER");
        database.asOwner("ALTER TABLE pipeline_job_events DISABLE TRIGGER USER");
        database.asOwner(statements);
        database.asOwner("ALTER TABLE pipeline_jobs ENABLE TRIGGER USER");
        database.asOwner("ALTER TABLE pipeline_job_events ENABLE TRIGGER USER");
    }

    private void asRuntime(String... statements) {
        database.runtime().inTransaction(connection -> {
            try (var statement = connection.createStatement()) {
                for (var sql : statements) {
                    statement.execute(sql);
                }
            }
            return null;
        });
    }
}
