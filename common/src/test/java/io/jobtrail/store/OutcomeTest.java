package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.config.Json;
import io.jobtrail.job.JobState;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** How an attempt ends: complete, fail, give back. */
class OutcomeTest {
    private static final List<String> HANDLERS = List.of("process_document");

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final JobStore store = database.store();
    private static final JobActions actions = database.actions();
    private static final Leases leases = database.leases();

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

    private static String lastActor(UUID id) {
        var events = database.reader().history(id);
        return events.get(events.size() - 1).actor();
    }
}
