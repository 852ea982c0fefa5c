package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.config.Json;
import io.jobtrail.job.Claim;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.JobState;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How an attempt ends, and what people may do to a job: complete, fail, give back, cancel, retry. */
class OutcomeTest {
    private static final List<String> HANDLERS = List.of("process_document");
    private static JobtrailDatabase database;
    private static JobStore store;
    private static JobActions actions;
    private static Leases leases;

    @BeforeAll
    static void open() {
        database = JobtrailDatabase.fresh();
        store = database.store();
        actions = database.actions();
        leases = database.leases();
    }

    @AfterAll
    static void close() {
        database.close();
    }

    @Test
    void aCompletedJobKeepsItsResult() {
        var claim = database.aJob().claimedBy("w");
        assertThat(store.complete(claim, "{\"n\": 1}")).isTrue();
        var job = database.assertThatJob(claim.id())
                .isFinished()
                .lastReasonIs("COMPLETED")
                .job();
        assertThat(job.result()).isEqualTo("{\"n\": 1}");
        assertThat(job.progress()).isEqualTo(1.0);
        assertThat(job.finishedAt()).isNotNull();
        assertThat(job.error()).isNull();
    }

    @Test
    void aResultMayBeMissingOrHoldWhatPostgresCannotStore() {
        var none = database.aJob().claimedBy("w");
        assertThat(store.complete(none, null)).isTrue();
        assertThat(database.assertThatJob(none.id()).isFinished().job().result())
                .isNull();

        var odd = database.aJob().claimedBy("w");
        assertThat(store.complete(odd, Json.forDatabase(Map.of("k\0", "v\0\udfff😀"))))
                .isTrue();
        assertThat(database.assertThatJob(odd.id()).isFinished().job().result())
                .isEqualTo("{\"k\ufffd\": \"v\ufffd\ufffd😀\"}");
    }

    @Test
    void anErrorTextMayHoldWhatPostgresCannotStore() {
        var claim = database.aJob().claimedBy("w");
        store.fail(claim, "ODD\0", "a\0b\ud800c", true, Duration.ZERO);
        assertThat(database.assertThatJob(claim.id())
                        .isFailed("ODD\ufffd")
                        .job()
                        .error())
                .isEqualTo("a\ufffdb\ufffdc");
    }

    @Test
    void aFailedAttemptIsRepeatedAfterThePause() {
        var claim = database.aJob().claimedBy("w");
        var before = Instant.now();
        var after = store.fail(claim, "HTTP_503", "busy", false, Duration.ofSeconds(90))
                .orElseThrow();
        assertThat(after.status()).isEqualTo(JobState.RETRYING);
        assertThat(after.runAfter()).isBetween(before.plusSeconds(80), before.plusSeconds(120));
        var job = database.assertThatJob(claim.id())
                .isRetrying("HTTP_503")
                .lastReasonIs("HTTP_503")
                .job();
        assertThat(job.runAfter()).isEqualTo(after.runAfter());
        assertThat(job.error()).isEqualTo("busy");
        assertThat(job.finishedAt()).isNull();
        assertThat(store.claim(claim.id(), "w", HANDLERS)).isEmpty();
    }

    @Test
    void theLastAttemptFailsTheJob() {
        var claim = database.aJob().maxAttempts(2).claimedBy("w");
        assertThat(store.fail(claim, "A", "a", false, Duration.ZERO)
                        .orElseThrow()
                        .status())
                .isEqualTo(JobState.RETRYING);
        var second = store.claim(claim.id(), "w", HANDLERS).orElseThrow();
        assertThat(second.job().attempt()).isEqualTo(2);
        assertThat(store.fail(second, "B", "b", false, Duration.ZERO)
                        .orElseThrow()
                        .status())
                .isEqualTo(JobState.FAILED);
        database.assertThatJob(claim.id()).isFailed("B");
    }

    @Test
    void aPermanentFailureIsNotRepeated() {
        var claim = database.aJob().claimedBy("w");
        store.fail(claim, "ENCRYPTED", "x", true, Duration.ZERO);
        var job = database.assertThatJob(claim.id()).isFailed("ENCRYPTED").job();
        assertThat(job.attempt()).isEqualTo(1);
        assertThat(job.finishedAt()).isNotNull();
    }

    @Test
    void aFailureOfAJobThatShouldStopIsItsCancellation() {
        var claim = database.aJob().claimedBy("w");
        actions.cancel(claim.id(), "anna", "WRONG_FILE");
        assertThat(store.fail(claim, "A", "a", true, Duration.ZERO)
                        .orElseThrow()
                        .status())
                .isEqualTo(JobState.CANCELLED);
        database.assertThatJob(claim.id()).is(JobState.CANCELLED).lastReasonIs("WRONG_FILE");
        assertThat(lastActor(claim.id())).isEqualTo("anna");
        assertThat(store.leftAs(claim)).contains(JobState.CANCELLED);
    }

    @Test
    void aSuccessClearsTheErrorOfTheAttemptBefore() {
        var claim = database.aJob().claimedBy("w");
        store.fail(claim, "A", "a", false, Duration.ZERO);
        store.complete(store.claim(claim.id(), "w", HANDLERS).orElseThrow(), "1");
        var job = database.assertThatJob(claim.id()).isFinished().job();
        assertThat(job.error()).isNull();
        assertThat(job.errorCode()).isNull();
    }

    @Test
    void anAttemptThatIsGivenBackIsNotCharged() {
        var claim = database.aJob().maxAttempts(1).claimedBy("w");
        leases.updateHeartbeats(List.of(new Leases.Beat(claim.id(), claim.version(), "extracting", 0.5)));
        assertThat(store.giveBack(claim, "WORKER_SHUTDOWN")).contains(JobState.QUEUED);
        var job = database.assertThatJob(claim.id())
                .is(JobState.QUEUED)
                .lastReasonIs("WORKER_SHUTDOWN")
                .job();
        assertThat(job.attempt()).isZero();
        assertThat(job.stage()).isNull();
        assertThat(job.progress()).isNull();
        var again = store.claim(claim.id(), "v", HANDLERS).orElseThrow();
        assertThat(again.job().attempt()).isEqualTo(1);
        assertThat(again.version()).isEqualTo(claim.version() + 2);
    }

    @Test
    void aJobThatShouldStopIsCancelledWhenItIsGivenBack() {
        var claim = database.aJob().claimedBy("w");
        actions.cancel(claim.id(), "anna", "WRONG_FILE");
        assertThat(store.giveBack(claim, "WORKER_SHUTDOWN")).contains(JobState.CANCELLED);
        database.assertThatJob(claim.id()).is(JobState.CANCELLED).lastReasonIs("WRONG_FILE");
        assertThat(store.leftAs(claim)).contains(JobState.CANCELLED);
    }

    @Test
    void cancelEndsWhatWaits() {
        var queued = database.aJob().insert();
        var retrying = database.aJob().claimedBy("w");
        store.fail(retrying, "A", "a", false, Duration.ofHours(1));
        var asking = database.aJob().claimedBy("w").id();
        database.asOwner("UPDATE pipeline_jobs SET status = 'awaiting_input' WHERE id = '" + asking + "'");
        for (var id : List.of(queued, retrying.id(), asking)) {
            assertThat(actions.cancel(id, "anna", "WRONG_FILE")).isTrue();
            database.assertThatJob(id).is(JobState.CANCELLED).lastReasonIs("WRONG_FILE");
            assertThat(lastActor(id)).isEqualTo("anna");
        }
    }

    @Test
    void cancelAsksARunningJobToStop() {
        var claim = database.aJob().claimedBy("w");
        assertThat(store.finishCancelled(claim)).as("nobody asked yet").isFalse();
        assertThat(actions.cancel(claim.id(), "anna", "WRONG_FILE")).isTrue();
        database.assertThatJob(claim.id()).is(JobState.RUNNING);
        assertThat(leases.updateHeartbeats(List.of(new Leases.Beat(claim.id(), claim.version(), null, null)))
                        .get(claim.id())
                        .cancelRequested())
                .isTrue();
        assertThat(store.finishCancelled(claim)).isTrue();
        database.assertThatJob(claim.id()).is(JobState.CANCELLED).lastReasonIs("WRONG_FILE");
        var events = database.reader().history(claim.id());
        assertThat(events.get(2).metadata()).isEqualTo("{\"stopped_by\": \"worker:w\"}");
    }

    @Test
    void cancelLeavesWhatHasEnded() {
        var finished = database.aJob().claimedBy("w");
        store.complete(finished, null);
        var failed = database.aJob().claimedBy("w");
        store.fail(failed, "A", "a", true, Duration.ZERO);
        var cancelled = database.aJob().insert();
        actions.cancel(cancelled, "anna", "ONCE");
        for (var id : List.of(finished.id(), failed.id(), cancelled, JobIds.next())) {
            var before = database.reader().job(id);
            assertThat(actions.cancel(id, "bob", "AGAIN")).isFalse();
            assertThat(database.reader().job(id)).isEqualTo(before);
        }
    }

    @Test
    void retryGivesAFreshAllowance() {
        var claim = database.aJob().maxAttempts(1).claimedBy("w");
        store.fail(claim, "A", "a", false, Duration.ZERO);
        assertThat(actions.retry(claim.id(), "anna", "OPERATOR_RETRY")).isTrue();
        var job = database.assertThatJob(claim.id())
                .is(JobState.QUEUED)
                .lastReasonIs("OPERATOR_RETRY")
                .job();
        assertThat(job.attempt()).isEqualTo(1);
        assertThat(job.maxAttempts()).isEqualTo(6);
        assertThat(job.errorCode()).isNull();
        assertThat(job.finishedAt()).isNull();
        for (int attempt = 2; attempt < 6; attempt++) {
            assertThat(failOnce(claim).status()).isEqualTo(JobState.RETRYING);
        }
        assertThat(failOnce(claim).status()).isEqualTo(JobState.FAILED);
    }

    @Test
    void retryOfACancelledJobForgetsTheCancellation() {
        var claim = database.aJob().claimedBy("w");
        actions.cancel(claim.id(), "anna", "X");
        store.finishCancelled(claim);
        assertThat(actions.retry(claim.id(), "anna", "OPERATOR_RETRY")).isTrue();
        var next = store.claim(claim.id(), "w", HANDLERS).orElseThrow();
        assertThat(store.finishCancelled(next)).isFalse();
        assertThat(store.complete(next, null)).isTrue();
    }

    @Test
    void retryStaysWithinTheLimitOfAttempts() {
        var id = database.aJob().insert();
        database.asOwner("UPDATE pipeline_jobs SET attempt = 998, max_attempts = 1000 WHERE id = '" + id + "'");
        actions.cancel(id, "anna", "X");
        assertThat(actions.retry(id, "anna", "OPERATOR_RETRY")).isTrue();
        assertThat(database.assertThatJob(id).job().maxAttempts()).isEqualTo(1000);
    }

    @Test
    void retryLeavesWhatHasNotFailed() {
        var queued = database.aJob().insert();
        var running = database.aJob().claimedBy("w");
        var finished = database.aJob().claimedBy("w");
        store.complete(finished, null);
        for (var id : List.of(queued, running.id(), finished.id(), JobIds.next())) {
            assertThat(actions.retry(id, "anna", "OPERATOR_RETRY")).isFalse();
        }
        assertThat(store.complete(running, null)).isTrue();
    }

    @Test
    void oneStatementRecordsManyAndAnswersThoseThatHappened() {
        var good = database.aJob().claimedBy("w");
        var stale = database.aJob().claimedBy("w");
        store.giveBack(stale, "X");
        var done = database.runtime()
                .list(
                        "SELECT * FROM complete_jobs(ARRAY[?, ?], ARRAY[?, ?], ARRAY['1', '2']::jsonb[])",
                        row -> row.getObject(1, UUID.class),
                        stale.id(),
                        good.id(),
                        stale.version(),
                        good.version());
        assertThat(done).containsExactly(good.id());
        assertThat(database.assertThatJob(good.id()).isFinished().job().result())
                .isEqualTo("2");
    }

    @Test
    void anEnumAsAParameterIsAMistakeOfTheProgrammer() {
        assertThatThrownBy(() -> database.runtime().update("SELECT ?", JobState.QUEUED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("wire name");
    }

    private static JobStore.AfterFailure failOnce(Claim claim) {
        var next = store.claim(claim.id(), "w", HANDLERS).orElseThrow();
        return store.fail(next, "A", "a", false, Duration.ZERO).orElseThrow();
    }

    private static String lastActor(UUID id) {
        var events = database.reader().history(id);
        return events.get(events.size() - 1).actor();
    }
}
