package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SweeperTest {
    private JobtrailDatabase database;
    private RunnerRig rig;
    private Redis redis;
    private JobQueue queue;
    private Sweeper sweeper;

    @BeforeEach
    void build() {
        database = JobtrailDatabase.fresh();
        rig = RunnerRig.on(database);
        redis = new Redis(TestServers.redis().url(), 8, Workers.LONGEST_BLOCK);
        redis.call(jedis -> jedis.flushAll());
        queue = new JobQueue(redis);
        sweeper = rig.sweeper(redis);
    }

    @AfterEach
    void end() {
        sweeper.close();
        redis.close();
        rig.close();
        database.close();
    }

    private void age(UUID id) {
        database.asOwner(
                "UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour' WHERE id = '" + id + "'");
    }

    @Test
    void aJobWhoseWorkerIsSilentIsReleasedAndTheOthersAreNot() {
        var silent = RunnerRig.aJob(database).claimedBy("gone").id();
        var alive = RunnerRig.aJob(database).claimedBy("alive").id();
        age(silent);

        sweeper.releaseStale();

        database.assertThatJob(silent).isRetrying("HEARTBEAT_TIMEOUT").lastReasonIs("HEARTBEAT_TIMEOUT");
        database.assertThatJob(alive).is(JobState.RUNNING);
        assertThat(database.reader().history(silent))
                .last()
                .satisfies(event -> assertThat(event.actor()).isEqualTo("sweeper:rig"));
    }

    @Test
    void aReleasedJobRunsAgainByItself() {
        var id = RunnerRig.aJob(database).claimedBy("gone").id();
        age(id);
        var workers = rig.workers(redis, QueueName.DEFAULT);
        workers.start(1);
        sweeper.start();
        await().untilAsserted(() -> database.assertThatJob(id).isFinished());
        assertThat(workers.stop(Duration.ofSeconds(5))).isTrue();
    }

    @Test
    void aRetryIsPushedOnceItIsDue() {
        var claim = RunnerRig.aJob(database).claimedBy("w1");
        database.store().fail(claim, "TEST", "once more", false, Duration.ofHours(1));
        var later =
                RunnerRig.aJob(database).dueAt(Instant.now().plusSeconds(3600)).insert();
        sweeper.pushMissing();
        assertThat(queue.length(QueueName.DEFAULT)).isZero();

        database.asOwner("UPDATE pipeline_jobs SET run_after = now() WHERE id = '" + claim.id() + "'");
        sweeper.pushMissing();
        assertThat(queue.ids(QueueName.DEFAULT)).containsExactly(claim.id());
        database.assertThatJob(later).is(JobState.QUEUED);
    }

    @Test
    void aPushThatGotLostIsMadeUpForOnce() {
        var there = RunnerRig.aJob(database).insert();
        queue.push(QueueName.DEFAULT, ScriptedHandler.NAME, there);
        var lost = RunnerRig.aJob(database).insert();
        var urgent = RunnerRig.aJob(database).queue(QueueName.URGENT).insert();

        for (int i = 0; i < 3; i++) {
            sweeper.pushMissing();
        }

        assertThat(queue.ids(QueueName.DEFAULT)).containsExactlyInAnyOrder(there, lost);
        assertThat(queue.length(QueueName.DEFAULT)).isEqualTo(2);
        assertThat(queue.ids(QueueName.URGENT)).containsExactly(urgent);
        assertThat(queue.length(QueueName.URGENT)).isEqualTo(1);
        assertThat(JobQueue.parse(redis.<String>call(jedis -> jedis.lindex(JobQueue.key(QueueName.URGENT), 0))))
                .contains(new JobQueue.Entry(ScriptedHandler.NAME, urgent));
    }

    @Test
    void aPausedQueueIsLeftAloneUntilItIsResumed() {
        var id = RunnerRig.aJob(database).insert();
        database.asOwner("UPDATE pipeline_queues SET paused = true WHERE name = 'default'");
        sweeper.pushMissing();
        assertThat(queue.length(QueueName.DEFAULT)).isZero();

        database.asOwner("UPDATE pipeline_queues SET paused = false WHERE name = 'default'");
        sweeper.pushMissing();
        assertThat(queue.ids(QueueName.DEFAULT)).containsExactly(id);
    }

    @Test
    void whileOneSweepsTheOthersLeaveItAlone() {
        var id = RunnerRig.aJob(database).insert();
        var silent = RunnerRig.aJob(database).claimedBy("gone").id();
        age(silent);
        try (var log = LogLines.of(Sweeper.class)) {
            database.runtime().exclusively("jobtrail.sweep.push", () -> {
                sweeper.start();
                // Released, so the sweeper is at work; the push is due at the same moments.
                await().until(() -> !log.lines().isEmpty());
                await().during(Duration.ofMillis(1500)).until(() -> queue.length(QueueName.DEFAULT) == 0);
            });
        }
        await().until(() -> queue.ids(QueueName.DEFAULT).contains(id));
    }

    @Test
    void aSweepThatPostgresRefusesIsAnError() {
        database.asOwner("ALTER FUNCTION release_stale_jobs RENAME TO gone");
        try (var log = LogLines.of(Sweeper.class)) {
            sweeper.start();
            await().until(() -> log.lines().stream().anyMatch(line -> line.startsWith("ERROR sweep 'release' failed")));
        }
    }

    @Test
    void severalSweepersPushEachIdOnce() {
        for (int i = 0; i < 300; i++) {
            RunnerRig.aJob(database).insert();
        }
        try (var second = rig.sweeper(redis);
                var third = rig.sweeper(redis)) {
            sweeper.start();
            second.start();
            third.start();
            await().until(() -> queue.length(QueueName.DEFAULT) >= 300);
            await().during(Duration.ofMillis(1200)).until(() -> queue.length(QueueName.DEFAULT) == 300);
        }
    }
}
