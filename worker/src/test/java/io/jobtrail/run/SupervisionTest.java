package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.testing.EmptyRedis;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Worker threads whose handlers ignore every interrupt, and the concurrency that is kept all the same. */
class SupervisionTest {
    private static final Duration HASTY = Duration.ofMillis(100);

    /** The last heartbeat of an attempt, at its deadline, comes before that also on a machine that is busy. */
    private static final Duration HEARING = Duration.ofSeconds(2);

    private final CountDownLatch mayEnd = new CountDownLatch(1);

    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    @AutoClose
    private final RunnerRig rig =
            new RunnerRig(database.runtime(), database.url(), HASTY, Duration.ofMinutes(5), HEARING);

    @AutoClose
    private final Redis redis = EmptyRedis.connect(16, Workers.LONGEST_BLOCK);

    private final JobQueue queue = new JobQueue(redis);

    @BeforeEach
    void build() {
        rig.handler.will((job, context) -> {
            while ("spin".equals(job.input().get("do")) && mayEnd.getCount() > 0) {
                Thread.onSpinWait(); // as handlers should not
            }
            return "done";
        });
    }

    @AfterEach
    void end() {
        mayEnd.countDown();
        await().until(() -> rig.heartbeats.writtenOff() == 0);
    }

    private UUID push(String what) {
        var job = RunnerRig.aJob(database).input(java.util.Map.of("do", what));
        var id = ("spin".equals(what) ? job.timeoutSec(1) : job).insert();
        queue.push(QueueName.DEFAULT, List.of(new JobQueue.Entry(ScriptedHandler.NAME, id)));
        return id;
    }

    private void awaitFinished(List<UUID> ids) {
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(ids)
                        .allSatisfy(id -> assertThat(
                                        database.reader().job(id).orElseThrow().status())
                                .isEqualTo(JobState.FINISHED)));
    }

    private static long threadsNamed(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .count();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aThreadWhoseHandlerDoesNotHearIsReplacedAndTakesNoMoreJobs(boolean withRedis) throws Exception {
        var workers = rig.workers(withRedis ? redis : null, QueueName.DEFAULT);
        var stuck = push("spin");
        workers.start(1);
        rig.handler.awaitStart();
        awaitFinished(List.of(push("work"), push("work")));
        assertThat(rig.heartbeats.writtenOff()).isEqualTo(1);
        assertThat(workers.fault()).isEmpty();
        database.assertThatJob(stuck).is(JobState.RUNNING);
        assertThat(database.leases().releaseStale(Duration.ofMillis(1), 10, "test"))
                .as("kept alive no longer")
                .hasSize(1);
        database.assertThatJob(stuck).isRetrying("TIMEOUT");

        mayEnd.countDown();
        await().until(() -> threadsNamed("worker-0") == 0);
        assertThat(threadsNamed("worker-1")).isEqualTo(1);
        database.assertThatJob(stuck).is(JobState.RETRYING);
        assertThat(workers.stop(Duration.ofSeconds(5))).isTrue();
    }

    @Test
    void moreStuckThreadsThanWorkingOnesAreAReasonToBeReplaced() throws Exception {
        var workers = rig.workers(redis, QueueName.DEFAULT);
        workers.start(1);
        push("spin");
        rig.handler.awaitStart();
        push("spin");
        rig.handler.awaitStart();
        await().until(() -> workers.fault().isPresent());
        assertThat(workers.fault().orElseThrow()).contains("2 threads are written off");
        mayEnd.countDown();
        await().until(() -> workers.fault().isEmpty());
        assertThat(workers.stop(Duration.ofSeconds(5))).isTrue();
        assertThat(workers.fault().orElseThrow()).contains("none of its worker threads lives");
    }

    @Test
    void aBoundedRunDoesNotWaitForAHandlerThatDoesNotHear() throws Exception {
        push("spin");
        push("work");
        var drain = new Drain(rig.store, rig.runner, rig.heartbeats, rig.handlers, List.of(QueueName.DEFAULT), "w1");
        assertThat(drain.run(10, 1, null)).isEqualTo(new Drain.Count(2, 1, 1));
    }

    @Test
    void twoProcessesNeverRunMoreThanTheyMayAndEachJobOnce() throws Exception {
        var now = new AtomicInteger();
        var most = new AtomicInteger();
        var fourAtOnce = new CountDownLatch(4); // so that each process has to run as many as it may
        rig.handler.will((job, context) -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            try {
                fourAtOnce.countDown();
                assertThat(fourAtOnce.await(30, TimeUnit.SECONDS)).isTrue();
            } finally {
                now.decrementAndGet();
            }
            return null;
        });
        var ids = new ArrayList<UUID>();
        for (int i = 0; i < 500; i++) {
            ids.add(push("work"));
        }
        ids.subList(0, 100)
                .forEach(id -> queue.push(
                        QueueName.DEFAULT, List.of(new JobQueue.Entry(ScriptedHandler.NAME, id)))); // known twice
        try (var other = new RunnerRig(database.runtime(), database.url(), HASTY, RunnerRig.LONG)) {
            other.handler.will((job, context) -> rig.handler.handle(job, context));
            var both = List.of(rig.workers(redis, QueueName.values()), other.workers(redis, QueueName.values()));
            both.forEach(workers -> workers.start(2));
            awaitFinished(ids);
            both.forEach(
                    workers -> assertThat(workers.stop(Duration.ofSeconds(5))).isTrue());
            assertThat(other.handler.runs()).as("both took part").isNotEmpty().hasSizeLessThan(500);
        }
        assertThat(most).hasValue(4);
        assertThat(rig.handler.runs()).containsExactlyInAnyOrderElementsOf(ids);
    }
}
