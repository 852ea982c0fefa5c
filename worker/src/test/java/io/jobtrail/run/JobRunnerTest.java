package io.jobtrail.run;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.RetryableFailure;
import io.jobtrail.job.Claim;
import io.jobtrail.job.JobState;
import io.jobtrail.testing.LogLines;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.MDC;

class JobRunnerTest extends RunnerTest {
    @AfterEach
    void end() {
        assertThat(Thread.interrupted()).isFalse();
    }

    private UUID run(ScriptedHandler.Script script) {
        return run(RunnerRig.aJob(database).insert(), script);
    }

    private UUID run(UUID id, ScriptedHandler.Script script) {
        rig.handler.will(script);
        rig.runner.run(id, "w1");
        return id;
    }

    @Test
    void theTrailTellsOfASuccess() {
        var id = run((job, context) -> "ok");
        database.assertThatJob(id).hasHistory("queued", "running", "finished").lastReasonIs("COMPLETED");
    }

    @Test
    void anExceptionMakesTheJobRetryUntilItsAttemptsAreUsedUp() {
        var id = RunnerRig.aJob(database).maxAttempts(2).insert();
        ScriptedHandler.Script failing = (job, context) -> {
            throw new IOException("disk on fire", new IllegalStateException("matches"));
        };

        run(id, failing);
        var error = database.assertThatJob(id).isRetrying("HANDLER_ERROR").job().error();
        assertThat(error).contains("disk on fire", "Caused by", "matches", "at io.jobtrail.run.JobRunnerTest");

        run(id, failing);
        database.assertThatJob(id)
                .isFailed("HANDLER_ERROR")
                .hasHistory("queued", "running", "retrying", "running", "failed");
    }

    @Test
    void aLaterSuccessClearsTheError() {
        var id = run((job, context) -> {
            throw new IOException("once");
        });
        run(id, (job, context) -> job.attempt());
        var job = database.assertThatJob(id).isFinished().job();
        assertThat(job.error()).isNull();
        assertThat(job.result()).isEqualTo("2");
    }

    @Test
    void aRetryableFailureKeepsItsCode() {
        database.assertThatJob(run((job, context) -> {
                    throw new RetryableFailure("PARSER_CRASHED", "again, please");
                }))
                .isRetrying("PARSER_CRASHED");
    }

    @Test
    void aPermanentFailureIsNotTriedAgain() {
        var id = run((job, context) -> {
            throw new PermanentFailure("ENCRYPTED", "needs a password");
        });
        assertThat(database.assertThatJob(id).isFailed("ENCRYPTED").job().error())
                .isEqualTo("needs a password");
    }

    @Test
    void aFailureWithoutAProperCodeIsRecordedAllTheSame() {
        database.assertThatJob(run((job, context) -> {
                    throw new RetryableFailure(null, null);
                }))
                .isRetrying("HANDLER_ERROR");
        database.assertThatJob(run((job, context) -> {
                    throw new PermanentFailure(" ", null);
                }))
                .isFailed("HANDLER_ERROR");
        database.assertThatJob(run((job, context) -> {
                    throw new RetryableFailure("A\0B", "x\0y\ud800");
                }))
                .isRetrying("A\ufffdB");
    }

    static Stream<Throwable> errors() {
        return Stream.of(
                new StackOverflowError(),
                new OutOfMemoryError("pretended"),
                new NoClassDefFoundError("gone/Away"),
                new SilentThrowable());
    }

    /** Fails even when it is asked what went wrong. */
    private static final class SilentThrowable extends Error {
        @Override
        public String getMessage() {
            throw new IllegalStateException("no comment");
        }
    }

    @ParameterizedTest
    @MethodSource("errors")
    void anErrorIsAFailureLikeAnother(Throwable error) {
        database.assertThatJob(run((job, context) -> {
                    if (error instanceof StackOverflowError) {
                        return deeper(0);
                    }
                    throw (Error) error;
                }))
                .isRetrying("HANDLER_ERROR");
    }

    private static int deeper(int depth) {
        return deeper(depth + 1) + 1;
    }

    @Test
    void aHandlerThatLeavesTheInterruptFlagSetIsRecordedAllTheSame() {
        database.assertThatJob(run((job, context) -> {
                    Thread.currentThread().interrupt();
                    return "done";
                }))
                .isFinished();
    }

    @Test
    void whatIsNotClaimableIsNotRun() {
        var taken = RunnerRig.aJob(database).claimedBy("another").id();
        var cancelled = RunnerRig.aJob(database).insert();
        database.actions().cancel(cancelled, "user:ann", "changed my mind");
        var foreign = database.aJob().handler("elsewhere").insert();

        for (var id : List.of(taken, cancelled, foreign, UUID.randomUUID())) {
            assertThat(rig.runner.run(id, "w1")).isEmpty();
        }

        assertThat(rig.handler.runs()).isEmpty();
        database.assertThatJob(taken).is(JobState.RUNNING);
        database.assertThatJob(cancelled).is(JobState.CANCELLED);
        database.assertThatJob(foreign).is(JobState.QUEUED);
    }

    @Test
    void anAttemptThatLostItsClaimRecordsNothing() {
        var id = RunnerRig.aJob(database).insert();
        try (var log = LogLines.of(JobRunner.class);
                var slow = new RunnerRig(database.runtime(), database.url(), RunnerRig.LONG, RunnerRig.LONG)) {
            slow.handler.will((job, context) -> {
                var other = takeOver(id);
                assertThat(database.store().complete(other, "\"of the other\"")).isTrue();
                return "mine";
            });
            assertThat(slow.runner.run(id, "w1")).isEmpty();

            assertThat(log.lines())
                    .anyMatch(line -> line.startsWith("WARN job " + id) && line.contains("claim is lost"));
            assertThat(slow.meters.get("jobtrail.claims.lost").counter().count())
                    .isEqualTo(1);
            assertThat(new WorkerFigures(slow.meters).now()).containsEntry("claims_lost", 1L);
        }
        var job = database.assertThatJob(id)
                .isFinished()
                .hasHistory("queued", "running", "retrying", "running", "finished")
                .job();
        assertThat(job.result()).isEqualTo("\"of the other\"");
    }

    @Test
    void aLostAttemptCannotEndTheRunningOne() {
        var id = RunnerRig.aJob(database).insert();
        for (var failing : List.of(true, false)) {
            try (var slow = new RunnerRig(database.runtime(), database.url(), RunnerRig.LONG, RunnerRig.LONG)) {
                slow.handler.will((job, context) -> {
                    takeOver(id);
                    if (failing) {
                        throw new PermanentFailure("MINE", "too late");
                    }
                    return "mine";
                });
                slow.runner.run(id, "w1");
            }
            database.assertThatJob(id).is(JobState.RUNNING);
            release(id);
        }
    }

    /** As when this worker had not been heard of. */
    private Claim takeOver(UUID id) {
        release(id);
        return database.store().claim(id, "w2", List.of(ScriptedHandler.NAME)).orElseThrow();
    }

    private void release(UUID id) {
        database.asOwner(
                "UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour', workers_lost = 0 WHERE id = '"
                        + id + "'");
        assertThat(database.leases().releaseStale(Duration.ofMinutes(1), 10, "sweeper:test"))
                .hasSize(1);
        database.asOwner("UPDATE pipeline_jobs SET run_after = now() WHERE id = '" + id + "'");
    }

    @Test
    void theCancellationOfARunningJobInterruptsIt() throws Exception {
        var id = RunnerRig.aJob(database).insert();
        rig.handler.will((job, context) -> {
            ScriptedHandler.forEver();
            return null;
        });
        var running = CompletableFuture.supplyAsync(() -> rig.runner.run(id, "w1"));
        rig.handler.awaitStart();

        assertThat(database.actions().cancel(id, "user:ann", "wrong file")).isTrue();

        assertThat(running.get(20, SECONDS)).contains(JobState.CANCELLED);
        database.assertThatJob(id).is(JobState.CANCELLED).lastReasonIs("wrong file");
        assertThat(database.reader().history(id)).last().satisfies(event -> {
            assertThat(event.actor()).isEqualTo("user:ann");
            assertThat(event.metadata()).contains("worker:w1");
        });
    }

    @Test
    void aHandlerThatAsksLearnsOfTheCancellation() {
        var id = RunnerRig.aJob(database).insert();
        run(id, (job, context) -> {
            database.actions().cancel(id, "user:ann", "wrong file");
            while (true) {
                context.checkCancelled();
                Thread.onSpinWait();
            }
        });
        database.assertThatJob(id).is(JobState.CANCELLED);
    }

    @Test
    void anAttemptThatTakesTooLongIsEnded() {
        var id = RunnerRig.aJob(database).timeoutSec(1).insert();
        run(id, (job, context) -> {
            ScriptedHandler.forEver();
            return null;
        });
        database.assertThatJob(id).isRetrying("TIMEOUT");
    }

    @Test
    void theLogContextNamesTheJobWhileItRunsAndNoLonger() {
        var seen = new ArrayList<String>();
        var id = run((job, context) -> {
            seen.addAll(List.of(MDC.get("job_id"), MDC.get("realm"), MDC.get("queue"), MDC.get("attempt")));
            return null;
        });
        assertThat(seen).containsExactly(id.toString(), "default", "default", "1");
        assertThat(MDC.getCopyOfContextMap()).isNullOrEmpty();
    }

    @Test
    void theThreadIsCleanForTheNextJobAfterATimeout() {
        anAttemptThatTakesTooLongIsEnded();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        database.assertThatJob(run((job, context) -> "next")).isFinished();
    }
}
