package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.LogLines;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How workers end: no job is left behind, none is taken any more. */
class StopTest extends RunnerTest {
    private static final Duration PATIENT = Duration.ofSeconds(30);
    private static final Duration HASTY = Duration.ofMillis(100);

    private Workers workers;

    @BeforeEach
    void build() {
        workers = rig.workers(null, QueueName.values());
    }

    @Test
    void idleWorkersEndWellBeforePatienceDoes() {
        workers.start(2);
        assertThat(workers.stop(PATIENT)).isTrue();
    }

    @Test
    void workersThatNeverStartedEndToo() {
        assertThat(workers.stop(HASTY)).isTrue();
        workers.start(1);
        assertThat(workers.stop(PATIENT)).isTrue();
    }

    @Test
    void aJobThatEndsInTimeIsFinished() throws Exception {
        var mayEnd = new CountDownLatch(1);
        rig.handler.will((job, context) -> {
            mayEnd.await();
            return "in time";
        });
        var id = RunnerRig.aJob(database).insert();
        workers.start(1);
        rig.handler.awaitStart();

        var stopped = CompletableFuture.supplyAsync(() -> workers.stop(PATIENT));
        mayEnd.countDown();

        assertThat(stopped.join()).isTrue();
        database.assertThatJob(id).isFinished().hasHistory("queued", "running", "finished");
    }

    @Test
    void aJobThatDoesNotEndInTimeIsGivenBackAndNotChargedForIt() throws Exception {
        rig.handler.will((job, context) -> {
            ScriptedHandler.forEver();
            return null;
        });
        var id = RunnerRig.aJob(database).maxAttempts(1).insert();
        workers.start(1);
        rig.handler.awaitStart();

        assertThat(workers.stop(HASTY)).isTrue();

        var job = database.assertThatJob(id)
                .is(JobState.QUEUED)
                .lastReasonIs("WORKER_SHUTDOWN")
                .job();
        assertThat(job.attempt()).isZero();
        assertThat(database.store().claim(id, "the next", rig.handlers.names())).isPresent();
    }

    @Test
    void aJobThatHearsNoInterruptIsGivenBackByForceAndItsLateResultRefused() throws Exception {
        var mayEnd = new CountDownLatch(1);
        rig.handler.will((job, context) -> {
            while (mayEnd.getCount() > 0) {
                try {
                    mayEnd.await();
                } catch (InterruptedException e) {
                    // as handlers should not
                }
            }
            return "late";
        });
        var id = RunnerRig.aJob(database).insert();
        workers.start(1);
        rig.handler.awaitStart();
        try (var log = LogLines.of(JobRunner.class)) {
            workers.stop(HASTY);
            database.assertThatJob(id).is(JobState.QUEUED).lastReasonIs("WORKER_SHUTDOWN");

            mayEnd.countDown();
            await().until(() -> log.lines().stream().anyMatch(line -> line.contains("claim is lost")));
        }
        var job = database.assertThatJob(id)
                .is(JobState.QUEUED)
                .hasHistory("queued", "running", "queued")
                .job();
        assertThat(job.result()).isNull();
        database.actions().cancel(id, "test", "over");
    }

    @Test
    void allThatHearNoInterruptAreGivenBackAtOnce() throws Exception {
        var mayEnd = new CountDownLatch(1);
        rig.handler.will((job, context) -> {
            while (mayEnd.getCount() > 0) {
                Thread.onSpinWait(); // as handlers should not
            }
            return "late";
        });
        var ids = Stream.generate(() -> RunnerRig.aJob(database).insert())
                .limit(3)
                .toList();
        workers.start(3);
        for (int i = 0; i < 3; i++) {
            rig.handler.awaitStart();
        }
        try {
            workers.stop(HASTY);
            ids.forEach(id -> database.assertThatJob(id).is(JobState.QUEUED).lastReasonIs("WORKER_SHUTDOWN"));
            assertThat(ids.stream().map(StopTest::transaction).distinct())
                    .as("one statement")
                    .hasSize(1);
        } finally {
            mayEnd.countDown();
        }
        await().until(() -> rig.heartbeats.running() == 0);
        ids.forEach(id -> database.actions().cancel(id, "test", "over"));
    }

    /** Which transaction wrote the row last. */
    private static Object transaction(UUID id) {
        return database.ask("SELECT xmin::text FROM pipeline_jobs WHERE id = ?", id);
    }

    @Test
    void nothingIsTakenAfterTheStop() throws Exception {
        try (var redis = new Redis(TestServers.redis().url(), 6, Workers.LONGEST_BLOCK)) {
            redis.call(jedis -> jedis.flushAll());
            var queue = new JobQueue(redis);
            var waiting = rig.workers(redis, QueueName.DEFAULT);
            waiting.start(2);
            await().until(() -> redis.call(jedis -> jedis.clientList()).contains("cmd=blpop"));

            // Pushed while the workers still wait in their pop, and then to nobody.
            var stopped = CompletableFuture.supplyAsync(() -> waiting.stop(PATIENT));
            await().until(() -> waiting.isStopping());
            var early = RunnerRig.aJob(database).insert();
            queue.push(QueueName.DEFAULT, List.of(new JobQueue.Entry(ScriptedHandler.NAME, early)));
            assertThat(stopped.join()).isTrue();
            var late = RunnerRig.aJob(database).insert();
            queue.push(QueueName.DEFAULT, List.of(new JobQueue.Entry(ScriptedHandler.NAME, late)));

            assertThat(rig.handler.runs()).isEmpty();
            assertThat(queue.ids(QueueName.DEFAULT)).containsExactlyInAnyOrder(early, late);
            database.assertThatJob(early).is(JobState.QUEUED);
            database.assertThatJob(late).is(JobState.QUEUED);
            database.actions().cancel(early, "test", "over");
            database.actions().cancel(late, "test", "over");
        }
    }

    @Test
    void anIdThatWasAskedForBeforeTheStopAndComesAfterItGoesBack() throws Exception {
        var server = TestServers.redis();
        try (var direct = new Redis(server.url(), 2, Workers.LONGEST_BLOCK);
                var proxy = TcpProxy.to(server.port());
                var slow = new Redis(
                        server.url().replace(":" + server.port(), ":" + proxy.port()), 4, Workers.LONGEST_BLOCK)) {
            direct.call(jedis -> jedis.flushAll());
            var queue = new JobQueue(direct);
            var ids = Stream.generate(() -> RunnerRig.aJob(database).insert())
                    .limit(2)
                    .toList();
            ids.forEach(id -> queue.push(QueueName.DEFAULT, new JobQueue.Entry(ScriptedHandler.NAME, id)));
            rig.handler.will((job, context) -> {
                proxy.delay(Duration.ofMillis(700)); // the pop that comes next, and its answer
                return "ok";
            });
            var waits = new RedisWaits(Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofSeconds(1));
            var busy = rig.workers(slow, waits, QueueName.DEFAULT);
            busy.start(1);
            await().pollInterval(Duration.ofMillis(10)).until(() -> queue.length(QueueName.DEFAULT) == 0);
            assertThat(busy.stop(PATIENT)).isTrue();

            assertThat(rig.handler.runs()).containsExactly(ids.get(0));
            assertThat(queue.ids(QueueName.DEFAULT)).containsExactly(ids.get(1));
            database.assertThatJob(ids.get(0)).isFinished();
            database.assertThatJob(ids.get(1)).is(JobState.QUEUED);
            database.actions().cancel(ids.get(1), "test", "over");
        }
    }
}
