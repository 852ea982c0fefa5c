package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.queue.Redis;
import io.jobtrail.store.WorkerRegistry;
import io.jobtrail.testbed.RedisServer;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.LogLines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a worker says about itself. */
class SelfCheckTest {
    private static final Duration LEASE = Duration.ofSeconds(60);

    @Test
    void aReasonIsToldOnceWhenItBeginsAndOnceWhenItEnds(@TempDir Path directory) {
        try (var database = JobtrailDatabase.fresh();
                var server = RedisServer.start(directory);
                var redis = new Redis(server.url(), 4, Workers.LONGEST_BLOCK);
                var rig = RunnerRig.on(database);
                var log = LogLines.of(SelfCheck.class)) {
            var registry = new WorkerRegistry(database.runtime());
            registry.register(new WorkerRegistry.Worker("w1", "host", 1, List.of(), rig.handlers.names(), 1, "1"));
            try (var check = new SelfCheck(
                    registry, "w1", rig.heartbeats, redis, Duration.ofSeconds(1), LEASE, () -> Map.of("finished", 3))) {
                check.start();
                await().until(() -> database.ask("SELECT metrics->>'lease_seconds' FROM pipeline_workers") != null);
                assertThat(said(registry)).isEmpty();
                assertThat(database.ask("SELECT metrics->>'finished' FROM pipeline_workers"))
                        .isEqualTo("3");

                redis.call(jedis -> jedis.configSet("maxmemory", "1"));
                await().until(() -> !said(registry).isEmpty());
                assertThat(said(registry).get(0)).contains("Redis cannot be used (its memory is full");
                server.kill();
                await().until(() -> said(registry).get(0).contains("connection refused"));
                server.startAgain();
                await().until(() -> said(registry).isEmpty());
            }
            assertThat(log.lines()).hasSize(2);
            assertThat(log.lines().get(0)).startsWith("WARN degraded: Redis cannot be used");
            assertThat(log.lines().get(1)).matches("INFO healthy again after \\d+ s.*Redis cannot be used.*");
        }
    }

    @Test
    void aDatabaseThatIsAwayAndHeartbeatsThatFailAreReasonsToo() throws Exception {
        try (var database = JobtrailDatabase.fresh();
                var rig = RunnerRig.on(database);
                var log = LogLines.of(SelfCheck.class);
                var check = new SelfCheck(
                        new WorkerRegistry(database.runtime()),
                        "w1",
                        rig.heartbeats,
                        null,
                        Duration.ofSeconds(1),
                        LEASE,
                        Map::of)) {
            database.asOwner("ALTER FUNCTION update_job_heartbeats RENAME TO gone");
            rig.handler.will((job, context) -> {
                await().until(rig.heartbeats::isFailing);
                database.asOwner("ALTER TABLE pipeline_workers RENAME TO elsewhere");
                check.check();
                check.check();
                database.asOwner(
                        "ALTER TABLE elsewhere RENAME TO pipeline_workers",
                        "ALTER FUNCTION gone RENAME TO update_job_heartbeats");
                return null;
            });
            rig.runner.run(RunnerRig.aJob(database).insert(), "w1");
            assertThat(log.lines())
                    .hasSize(2)
                    .anyMatch(line -> line.startsWith("WARN degraded: Postgres cannot be used"))
                    .anyMatch(line -> line.startsWith("WARN degraded: heartbeats cannot be written"));
            await().until(() -> !rig.heartbeats.isFailing());
            check.check();
            assertThat(log.lines())
                    .hasSize(4)
                    .filteredOn(line -> line.startsWith("INFO healthy again"))
                    .hasSize(2);
        }
    }

    private static List<String> said(WorkerRegistry registry) {
        return registry.present().get(0).degraded();
    }
}
