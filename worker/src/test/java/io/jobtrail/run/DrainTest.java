package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.testing.JobtrailDatabase;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class DrainTest {
    private static final int ALL = Integer.MAX_VALUE;

    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    @AutoClose
    private final RunnerRig rig = RunnerRig.on(database);

    private Drain drain(QueueName... queues) {
        return new Drain(rig.store, rig.runner, rig.heartbeats, rig.handlers, List.of(queues), "w1");
    }

    @Test
    void nothingDueEndsTheRunAtOnce() throws Exception {
        var later =
                RunnerRig.aJob(database).dueAt(Instant.now().plusSeconds(3600)).insert();
        var foreign = database.aJob().handler("elsewhere").insert();
        assertThat(drain(QueueName.values()).run(ALL, 2, null)).isEqualTo(new Drain.Count(0, 0, 0));
        database.assertThatJob(later).is(JobState.QUEUED);
        database.assertThatJob(foreign).is(JobState.QUEUED);
    }

    @Test
    void whatIsDueIsRunAndCounted() throws Exception {
        rig.handler.will((job, context) -> {
            switch (String.valueOf(job.input().get("do"))) {
                case "fail" -> throw new PermanentFailure("BAD", "for good");
                case "once" -> {
                    if (job.attempt() == 1) {
                        throw new IOException("the first time");
                    }
                }
                default -> {}
            }
            return null;
        });
        var good = RunnerRig.aJob(database).insert();
        var bad = RunnerRig.aJob(database).input(Map.of("do", "fail")).insert();
        var second = RunnerRig.aJob(database).input(Map.of("do", "once")).insert();
        var unserved = RunnerRig.aJob(database).queue(QueueName.SLOW).insert();

        assertThat(drain(QueueName.DEFAULT).run(ALL, 2, null)).isEqualTo(new Drain.Count(4, 2, 2));

        database.assertThatJob(good).isFinished();
        database.assertThatJob(bad).isFailed("BAD");
        database.assertThatJob(second).isFinished().hasHistory("queued", "running", "retrying", "running", "finished");
        database.assertThatJob(unserved).is(JobState.QUEUED);
    }

    @Test
    void theLimitIsKeptAlsoWhenMoreIsDue() throws Exception {
        for (int i = 0; i < 5; i++) {
            RunnerRig.aJob(database).insert();
        }
        assertThat(drain(QueueName.DEFAULT).run(3, 2, null)).isEqualTo(new Drain.Count(3, 3, 0));
        assertThat(rig.handler.runs()).hasSize(3);
        assertThat(database.reader().due(QueueName.DEFAULT, rig.handlers.names(), null, 100))
                .hasSize(2);
    }

    @Test
    void theMostUrgentQueueComesFirst() throws Exception {
        var slow = RunnerRig.aJob(database).queue(QueueName.SLOW).insert();
        var urgent = RunnerRig.aJob(database).queue(QueueName.URGENT).insert();
        drain(QueueName.URGENT, QueueName.SLOW).run(ALL, 1, null);
        assertThat(rig.handler.runs()).containsExactly(urgent, slow);
    }

    @Test
    void asManyRunAtOnceAsAreAllowedAndNoMore() throws Exception {
        for (int i = 0; i < 9; i++) {
            RunnerRig.aJob(database).insert();
        }
        var together = new CyclicBarrier(3);
        var now = new AtomicInteger();
        var most = new AtomicInteger();
        rig.handler.will((job, context) -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            together.await(10, TimeUnit.SECONDS);
            now.decrementAndGet();
            together.await(10, TimeUnit.SECONDS);
            return null;
        });
        assertThat(drain(QueueName.DEFAULT).run(ALL, 3, null).succeeded()).isEqualTo(9);
        assertThat(most).hasValue(3);
    }

    @Test
    void aSlowJobDoesNotKeepTheOthersWaiting() throws Exception {
        var othersDone = new CountDownLatch(6);
        rig.handler.will((job, context) -> {
            if ("wait".equals(job.input().get("do"))) {
                assertThat(othersDone.await(20, TimeUnit.SECONDS)).isTrue();
            } else {
                othersDone.countDown();
            }
            return null;
        });
        RunnerRig.aJob(database).input(Map.of("do", "wait")).insert();
        for (int i = 0; i < 6; i++) {
            RunnerRig.aJob(database).insert();
        }
        assertThat(drain(QueueName.DEFAULT).run(7, 2, null)).isEqualTo(new Drain.Count(7, 7, 0));
    }

    @Test
    void theLimitHoldsWhenPlacesAreFilledAgain() throws Exception {
        for (int i = 0; i < 20; i++) {
            RunnerRig.aJob(database).insert();
        }
        assertThat(drain(QueueName.DEFAULT).run(11, 4, null)).isEqualTo(new Drain.Count(11, 11, 0));
        assertThat(rig.handler.runs()).hasSize(11);
        assertThat(database.reader().running()).isEmpty();
    }

    @Test
    void aDatabaseThatHandsOutNothingMoreLetsRunningJobsEndFirst() {
        rig.handler.will((job, context) -> {
            if ("break".equals(job.input().get("do"))) {
                database.asOwner("ALTER FUNCTION claim_jobs RENAME TO gone");
            } else {
                await().until(() -> database.ask("SELECT to_regproc('gone')::text") != null);
                await().during(Duration.ofSeconds(2))
                        .until(() -> !Thread.currentThread().isInterrupted());
            }
            return null;
        });
        var slow = RunnerRig.aJob(database).insert();
        RunnerRig.aJob(database).input(Map.of("do", "break")).insert();
        assertThatThrownBy(() -> drain(QueueName.DEFAULT).run(ALL, 2, null)).isInstanceOf(DatabaseFailure.class);
        database.assertThatJob(slow).isFinished();
    }

    private static FutureTask<Drain.Count> inBackground(Drain drain, Duration pollInterval) {
        var run = new FutureTask<>(() -> drain.run(ALL, 2, pollInterval));
        new Thread(run).start();
        return run;
    }

    @Test
    void anIdleRunEndsAsSoonAsItIsStopped() throws Exception {
        var drain = drain(QueueName.DEFAULT);
        var first = RunnerRig.aJob(database).insert();
        var run = inBackground(drain, Duration.ofMinutes(5));
        await().until(() -> database.reader().job(first).orElseThrow().status() == JobState.FINISHED);
        drain.stop(Duration.ofSeconds(10));
        assertThat(run.get(5, TimeUnit.SECONDS)).isEqualTo(new Drain.Count(1, 1, 0));
    }

    @Test
    void aStoppedRunCountsWhatEndsInTimeAndGivesTheRestBack() throws Exception {
        var mayEnd = new CountDownLatch(1);
        rig.handler.will((job, context) -> {
            if ("wait".equals(job.input().get("do"))) {
                ScriptedHandler.forEver();
            }
            mayEnd.await();
            return null;
        });
        var inTime = RunnerRig.aJob(database).insert();
        var waiting = RunnerRig.aJob(database).input(Map.of("do", "wait")).insert();
        var notTaken = RunnerRig.aJob(database).insert();
        var drain = drain(QueueName.DEFAULT);
        var run = inBackground(drain, null);
        rig.handler.awaitStart();
        rig.handler.awaitStart();

        var stopped = CompletableFuture.runAsync(() -> drain.stop(Duration.ofSeconds(2)));
        await().until(drain::isStopping);
        mayEnd.countDown();

        assertThat(run.get(20, TimeUnit.SECONDS)).isEqualTo(new Drain.Count(1, 1, 0));
        stopped.join();
        database.assertThatJob(inTime).isFinished();
        var job = database.assertThatJob(waiting)
                .is(JobState.QUEUED)
                .lastReasonIs("WORKER_SHUTDOWN")
                .job();
        assertThat(job.attempt()).isZero();
        database.assertThatJob(notTaken).is(JobState.QUEUED).hasHistory("queued");
    }

    @Test
    void aStoppedRunDoesNotWaitForAHandlerThatDoesNotHear() throws Exception {
        var mayEnd = new CountDownLatch(1);
        rig.handler.will((job, context) -> {
            while (mayEnd.getCount() > 0) {
                Thread.onSpinWait(); // as handlers should not
            }
            return "late";
        });
        var id = RunnerRig.aJob(database).insert();
        var drain = drain(QueueName.DEFAULT);
        var run = inBackground(drain, null);
        rig.handler.awaitStart();
        try {
            drain.stop(Duration.ofMillis(100));
            assertThat(run.get(5, TimeUnit.SECONDS)).isEqualTo(new Drain.Count(0, 0, 0));
            database.assertThatJob(id).is(JobState.QUEUED).lastReasonIs("WORKER_SHUTDOWN");
        } finally {
            mayEnd.countDown();
        }
        await().until(() -> rig.heartbeats.running() == 0);
        database.assertThatJob(id).is(JobState.QUEUED);
    }

    @Test
    void aPollingRunWaitsForMoreUntilItsLimit() throws Exception {
        var run = new FutureTask<>(() -> drain(QueueName.DEFAULT).run(2, 1, Duration.ofMillis(50)));
        new Thread(run).start();
        RunnerRig.aJob(database).insert();
        rig.handler.awaitStart();
        assertThat(run.isDone()).isFalse();
        RunnerRig.aJob(database).insert();
        assertThat(run.get(10, TimeUnit.SECONDS)).isEqualTo(new Drain.Count(2, 2, 0));
        await().until(() -> rig.heartbeats.running() == 0);
    }
}
