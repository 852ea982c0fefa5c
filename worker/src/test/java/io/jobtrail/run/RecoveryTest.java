package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Redis;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Sweeper and workers together: what a dead worker held is run again by a live one. */
class RecoveryTest {
    @Test
    void aReleasedJobRunsAgainByItself() {
        try (var database = JobtrailDatabase.fresh();
                var rig = RunnerRig.on(database);
                var redis = new Redis(TestServers.redis().url(), 8, Workers.LONGEST_BLOCK)) {
            redis.call(jedis -> jedis.flushAll());
            var id = RunnerRig.aJob(database).claimedBy("gone").id();
            database.asOwner("UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour'");
            var workers = rig.workers(redis, QueueName.DEFAULT);
            workers.start(1);
            try (var sweeper = rig.sweeper(redis)) {
                sweeper.start();
                await().atMost(Duration.ofSeconds(20))
                        .untilAsserted(() -> database.assertThatJob(id).isFinished());
                assertThat(workers.stop(Duration.ofSeconds(5))).isTrue();
            }
        }
    }
}
