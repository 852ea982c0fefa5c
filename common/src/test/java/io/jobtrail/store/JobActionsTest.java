package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.job.Claim;
import io.jobtrail.job.JobAction;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What people may do to a job: cancel it, try it again. */
class JobActionsTest {
    private static final List<String> HANDLERS = List.of("process_document");

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final JobStore store = database.store();
    private static final JobActions actions = database.actions();
    private static final Leases leases = database.leases();

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
    void theFirstWhoAskedARunningJobToStopIsTheOneInTheTrail() {
        var claim = database.aJob().claimedBy("w");
        actions.cancel(claim.id(), "anna", "FIRST");
        assertThat(actions.cancel(claim.id(), "bob", "SECOND")).isTrue();
        store.finishCancelled(claim);
        database.assertThatJob(claim.id()).lastReasonIs("FIRST");
        assertThat(lastActor(claim.id())).isEqualTo("anna");
    }

    @Test
    void eachOfManyJobsHasAnAnswerOfItsOwn() {
        var queued = database.aJob().queue(QueueName.SLOW).insert();
        var running = database.aJob().claimedBy("w").id();
        var finished = database.aJob().claimedBy("w");
        store.complete(finished, null);
        var ids = List.of(queued, running, finished.id(), JobIds.next());
        assertThat(actions.act(JobAction.CANCEL, ids, "anna", null))
                .isEqualTo(Map.of(
                        queued,
                        new JobActions.Acted(true, JobState.CANCELLED, QueueName.SLOW, "process_document"),
                        running,
                        new JobActions.Acted(true, JobState.RUNNING, QueueName.DEFAULT, "process_document"),
                        finished.id(),
                        new JobActions.Acted(false, JobState.FINISHED, QueueName.DEFAULT, "process_document")));
        database.assertThatJob(queued).is(JobState.CANCELLED).lastReasonIs("CANCELLED");
        assertThat(actions.act(JobAction.RETRY, ids, "anna", null))
                .isEqualTo(Map.of(
                        queued,
                        new JobActions.Acted(true, JobState.QUEUED, QueueName.SLOW, "process_document"),
                        running,
                        new JobActions.Acted(false, JobState.RUNNING, QueueName.DEFAULT, "process_document"),
                        finished.id(),
                        new JobActions.Acted(false, JobState.FINISHED, QueueName.DEFAULT, "process_document")));
        database.assertThatJob(queued).is(JobState.QUEUED).lastReasonIs("OPERATOR_RETRY");
    }

    @Test
    void whatCannotBeDoneToOneOfThemIsDoneToNone() {
        var ids = List.of(
                database.aJob().insert(),
                database.aJob().insert(),
                database.aJob().insert());
        database.asOwner("ALTER TABLE pipeline_jobs ADD CONSTRAINT stubborn CHECK (id <> '%s' OR status <> 'cancelled')"
                .formatted(ids.get(2)));
        for (var action : List.of(JobAction.CANCEL, JobAction.DELETE)) {
            assertThatThrownBy(() -> actions.act(action, ids, "anna", null)).isInstanceOf(DatabaseFailure.class);
        }
        ids.forEach(id -> database.assertThatJob(id).is(JobState.QUEUED));
        database.asOwner("ALTER TABLE pipeline_jobs DROP CONSTRAINT stubborn");
    }

    @Test
    void theStatesFromWhichAnActionIsPossibleAreThoseOfTheDatabase() {
        for (var state : JobState.values()) {
            for (var action : JobAction.values()) {
                var claim = database.aJob().claimedBy("w");
                if (state != JobState.RUNNING) {
                    database.asOwner("UPDATE pipeline_jobs SET status = '%s' WHERE id = '%s'"
                            .formatted(state.wireName(), claim.id()));
                }
                assertThat(actions.act(action, List.of(claim.id()), "anna", null)
                                .get(claim.id())
                                .done())
                        .as("%s of a job that is %s", action, state)
                        .isEqualTo(action.from().contains(state));
            }
        }
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
