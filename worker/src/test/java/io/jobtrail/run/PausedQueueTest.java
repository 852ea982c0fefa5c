package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.Queues;
import io.jobtrail.testing.EmptyRedis;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A queue is paused while workers wait at its list. */
class PausedQueueTest {
    private static final int MANY = 300;

    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    @AutoClose
    private final RunnerRig rig = RunnerRig.on(database);

    @AutoClose
    private final Redis redis = EmptyRedis.connect(8, Workers.LONGEST_BLOCK);

    private final Queues queues = new Queues(database.runtime());
    private final JobQueue lists = new JobQueue(redis);

    private List<UUID> push(QueueName name, int count) {
        var ids = new ArrayList<UUID>();
        for (int i = 0; i < count; i++) {
            ids.add(RunnerRig.aJob(database).queue(name).insert());
        }
        lists.push(
                name,
                ids.stream()
                        .map(id -> new JobQueue.Entry(ScriptedHandler.NAME, id))
                        .toList());
        return ids;
    }

    private long finished() {
        return (Long) database.ask("SELECT count(*) FROM pipeline_jobs WHERE status = 'finished'");
    }

    @Test
    void itsListIsLeftAloneAndGoneOnWithWhenItIsResumed() {
        queues.pause(QueueName.SLOW, "test", null);
        var slow = push(QueueName.SLOW, MANY);
        var workers = rig.workers(redis, QueueName.SLOW, QueueName.DEFAULT);
        workers.start(2);
        try {
            var others = push(QueueName.DEFAULT, 5);
            await().until(() -> finished() == others.size());
            assertThat(lists.length(QueueName.SLOW))
                    .as("each of the threads may have popped one before it knew")
                    .isGreaterThanOrEqualTo(MANY - 10);
            slow.forEach(id -> database.assertThatJob(id).is(JobState.QUEUED));

            try (var sweeper = rig.sweeper(redis)) {
                queues.resume(QueueName.SLOW, "test", null);
                sweeper.start();
                await().atMost(Duration.ofSeconds(20)).until(() -> finished() == MANY + others.size());
            }
        } finally {
            workers.stop(Duration.ofSeconds(5));
        }
    }

    @Test
    void busyThreadsLeaveItAloneAsWell() {
        var others = push(QueueName.DEFAULT, 100);
        var first = push(QueueName.SLOW, 1);
        queues.pause(QueueName.SLOW, "test", null);
        var workers = rig.workers(redis, QueueName.SLOW, QueueName.DEFAULT);
        workers.start(2);
        try {
            await().until(() -> !lists.ids(QueueName.SLOW).containsAll(first)); // now it is known
            push(QueueName.SLOW, MANY);
            await().until(() -> finished() == others.size());
            var more = push(QueueName.DEFAULT, 200);
            await().until(() -> finished() == others.size() + more.size());
            assertThat(lists.length(QueueName.SLOW)).isGreaterThanOrEqualTo(MANY - 10);
        } finally {
            workers.stop(Duration.ofSeconds(5));
        }
    }

    @Test
    void whatWasPoppedOrLostMeanwhileRunsWithinSecondsAfterwards() {
        queues.pause(QueueName.SLOW, "test", null);
        var workers = rig.workers(redis, QueueName.SLOW);
        workers.start(2);
        try (var sweeper = rig.sweeper(redis)) {
            sweeper.start();
            push(QueueName.SLOW, MANY);
            await().until(() -> lists.length(QueueName.SLOW) < MANY);
            redis.call(jedis -> jedis.del(JobQueue.key(QueueName.SLOW)));
            // Some rounds of the sweeper and of the workers.
            await().during(Duration.ofSeconds(2))
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> lists.length(QueueName.SLOW) == 0);
            assertThat(finished()).isZero();

            queues.resume(QueueName.SLOW, "test", null);
            await().atMost(Duration.ofSeconds(10)).until(() -> finished() == MANY);
        } finally {
            workers.stop(Duration.ofSeconds(5));
        }
    }

    @Test
    void withoutRedisNothingOfItIsBegunWithEither() {
        queues.pause(QueueName.SLOW, "test", null);
        var id = RunnerRig.aJob(database).queue(QueueName.SLOW).insert();
        var workers = rig.workers(null, QueueName.SLOW, QueueName.DEFAULT);
        workers.start(1);
        try {
            RunnerRig.aJob(database).insert();
            await().until(() -> finished() == 1);
            database.assertThatJob(id).is(JobState.QUEUED);
            queues.resume(QueueName.SLOW, "test", null);
            await().atMost(Duration.ofSeconds(5)).until(() -> finished() == 2);
        } finally {
            workers.stop(Duration.ofSeconds(5));
        }
    }
}
