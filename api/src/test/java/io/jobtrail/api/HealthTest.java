package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.WorkerRegistry;
import io.jobtrail.testbed.RedisServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code GET /health} says, in words, and that it takes it back. */
class HealthTest {
    private static final Duration LONG = Duration.ofHours(1);

    @TempDir
    private static Path directory;

    private static RedisServer server;
    private RunningApi api;
    private WorkerRegistry registry;
    private Redis redis;

    @BeforeAll
    static void startRedis() {
        server = RedisServer.start(directory);
    }

    @AfterAll
    static void stopRedis() {
        server.close();
    }

    @BeforeEach
    void build() {
        // With its own lease the API would soon take those for stopped that these tests let fall silent.
        api = RunningApi.startEagerly("REDIS_URL", server.url(), "LEASE_SECONDS", "86400");
        registry = new WorkerRegistry(api.database.runtime());
        redis = new Redis(server.url(), 2, Duration.ZERO);
        redis.call(jedis -> jedis.slaveofNoOne());
        redis.call(jedis -> jedis.configSet("maxmemory", "0"));
        redis.call(jedis -> jedis.configSet("maxmemory-policy", "noeviction"));
        redis.call(jedis -> jedis.set("jobtrail:epoch", "now"));
        aWorker("w1", QueueName.values());
        awaitHealthy();
    }

    @AfterEach
    void end() {
        redis.close();
        api.close();
    }

    private void aWorker(String name, QueueName... queues) {
        registry.register(
                new WorkerRegistry.Worker(name, "host", 1, List.of(queues), List.of("process_document"), 2, "1"));
        says(name);
    }

    private void says(String worker, String... degraded) {
        registry.beat(worker, 0, new WorkerRegistry.Condition(LONG, LONG.multipliedBy(6), List.of(degraded)));
    }

    private JsonNode health() {
        return api.get("/health").is(200).json();
    }

    private void awaitHealthy() {
        await().untilAsserted(() -> assertThat(health().path("reasons")).isEmpty());
        assertThat(health().path("status").asText()).isEqualTo("healthy");
    }

    private void awaitReason(String... words) {
        await().untilAsserted(() -> {
            var health = health();
            assertThat(health.path("status").asText()).isEqualTo("degraded");
            assertThat(health.path("reasons")).hasSize(1);
            assertThat(health.at("/reasons/0").asText()).contains(words);
        });
    }

    @Test
    void aRedisThatAnswersButTakesNoWritesIsFound() {
        redis.call(jedis -> jedis.configSet("maxmemory", "1"));
        awaitReason("Redis cannot be used (its memory is full");
        assertThat(health().at("/checks/redis").asText()).isEqualTo("down");
        redis.call(jedis -> jedis.configSet("maxmemory", "0"));
        awaitHealthy();

        redis.call(jedis -> jedis.slaveof("127.0.0.1", 1));
        awaitReason("Redis cannot be used (it is a replica");
        redis.call(jedis -> jedis.slaveofNoOne());
        awaitHealthy();
    }

    @Test
    void aPolicyThatThrowsIdsAwayComesWithItsRemedy() {
        redis.call(jedis -> jedis.configSet("maxmemory-policy", "allkeys-lru"));
        redis.call(jedis -> jedis.configSet("maxmemory", "100mb"));
        awaitReason("allkeys-lru", "set maxmemory-policy to noeviction");
        assertThat(health().at("/checks/redis").asText()).isEqualTo("up");
        redis.call(jedis -> jedis.configSet("maxmemory", "0"));
        awaitHealthy();
    }

    @Test
    void aKeyThatSomebodyElseUsedIsFound() {
        redis.call(jedis -> jedis.set("resque:queue:slow", "not a list"));
        awaitReason("Redis cannot be used (a key resque:queue:* holds something else than a list");
        redis.call(jedis -> jedis.del("resque:queue:slow"));
        awaitHealthy();
    }

    @Test
    void aRedisThatForgotEverythingIsFound() {
        redis.call(jedis -> jedis.flushAll());
        awaitReason("Redis has lost its data or is new");
        redis.call(jedis -> jedis.set("jobtrail:epoch", "now"));
        awaitHealthy();
    }

    @Test
    void aRedisThatHangsKeepsNobodyWaiting() throws Exception {
        var pid = redis.<String>call(jedis -> jedis.info("server")).replaceFirst("(?s).*process_id:(\\d+).*", "$1");
        signal("STOP", pid);
        try {
            var begin = System.nanoTime();
            api.upload(Form.of("a.txt", new byte[] {65})).is(202);
            assertThat(since(begin)).isLessThan(Duration.ofSeconds(3));

            var many = Stream.generate(() -> CompletableFuture.supplyAsync(() -> {
                        var asked = System.nanoTime();
                        assertThat(health().path("reasons").toString())
                                .contains("Redis cannot be used (it does not answer in time)");
                        return since(asked);
                    }))
                    .limit(20)
                    .toList();
            assertThat(many).allSatisfy(answer -> assertThat(answer.join()).isLessThan(Duration.ofSeconds(3)));
            assertThat(Thread.getAllStackTraces().keySet().stream()
                            .filter(thread -> thread.getName().equals("health")))
                    .hasSizeLessThanOrEqualTo(4);
        } finally {
            signal("CONT", pid);
        }
        awaitHealthy();
    }

    private static Duration since(long begin) {
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private static void signal(String name, String pid) throws Exception {
        new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid).start().waitFor();
    }

    @Test
    void aWorkersOwnReasonsBearItsName() {
        says("w1", "it is tired");
        awaitReason("worker w1: it is tired");
        assertThat(health().at("/checks/workers").asInt()).isEqualTo(1);
        says("w1");
        awaitHealthy();
    }

    @Test
    void aSilentWorkerIsToldOfUntilItsJobsAreReleased() {
        aWorker("w2", QueueName.SLOW);
        lastHeardOf("w2", "5 hours");
        awaitReason("worker w2 was last heard of 180", " s ago: its jobs are released after 21600 s");
        assertThat(health().at("/checks/workers").asInt()).isEqualTo(1);
        lastHeardOf("w2", "7 hours");
        awaitReason("worker w2 was last heard of 252", " s ago: its jobs are free for others");
        lastHeardOf("w2", "13 hours");
        awaitHealthy();
    }

    private void lastHeardOf(String worker, String age) {
        api.database.asOwner("UPDATE pipeline_workers SET last_beat_at = now() - interval '" + age + "' WHERE id = '"
                + worker + "'");
    }

    @Test
    void jobsWithoutAnyWorkerWait() {
        registry.signOff("w1");
        api.database.aJob().insert();
        awaitReason("no worker is running");
        assertThat(health().at("/checks/workers").asInt()).isZero();
        aWorker("w1", QueueName.values());
        awaitHealthy();
    }

    @Test
    void aNoticeBoardThatCannotBeReadKeepsNoJobAway() throws Exception {
        api.database.asOwner("REVOKE SELECT ON pipeline_workers FROM jobtrail_runtime");
        awaitReason("which workers there are cannot be read (it refuses, SQLSTATE 42501)");
        api.database.asOwner("GRANT SELECT ON pipeline_workers TO jobtrail_runtime");
        awaitHealthy();

        try (var owner = api.database.connect();
                var statement = owner.createStatement()) {
            owner.setAutoCommit(false);
            statement.execute("LOCK TABLE pipeline_workers");
            awaitReason("which workers there are cannot be read (no answer in time)");
            api.get("/health/ready").is(200);
            owner.rollback();
        }
        awaitHealthy();
    }

    @Test
    void countsThatCannotBeReadKeepNoJobAway() {
        api.database.asOwner("REVOKE SELECT ON pipeline_job_counts FROM jobtrail_runtime");
        awaitReason("the jobs cannot be counted at the moment");
        api.get("/health/ready").is(200);
        api.database.asOwner("GRANT SELECT ON pipeline_job_counts TO jobtrail_runtime");
        awaitHealthy();
    }

    @Test
    void jobsThatNoWorkerServesAreCounted() {
        registry.signOff("w1");
        aWorker("w2", QueueName.URGENT, QueueName.DEFAULT);
        awaitHealthy();
        api.database.aJob().insert();
        for (int i = 0; i < 3; i++) {
            api.database.aJob().queue(QueueName.SLOW).insert();
        }
        awaitReason("no worker serves queue slow: 3 jobs wait there");
        api.database.asOwner("UPDATE pipeline_queues SET paused = true WHERE name = 'slow'");
        awaitReason("queue paused: slow, with 3 jobs waiting");
        aWorker("w3", QueueName.SLOW);
        api.database.asOwner("UPDATE pipeline_queues SET paused = false WHERE name = 'slow'");
        awaitHealthy();

        api.database.aJob().handler("elsewhere").insert();
        awaitReason("no worker that serves queue default has handler elsewhere: 1 job waits there");
        api.database.asOwner("INSERT INTO pipeline_jobs (id, queue, handler, timeout_sec) "
                + "SELECT gen_random_uuid(), 'default', 'elsewhere', 60 FROM generate_series(1, 1500)");
        awaitReason("has handler elsewhere: at least ");
    }

    @Test
    void statsSayTheSameOfDeadLettersAndPausedQueues() {
        api.database.asOwner("UPDATE pipeline_queues SET paused = true WHERE name = 'urgent'");
        for (int failed = 1; failed <= 11; failed++) {
            api.database.store().fail(api.database.aJob().claimedBy("w"), "BOOM", "x", true, Duration.ZERO);
            int expected = failed;
            await().untilAsserted(() -> assertThat(health().path("reasons").toString())
                    .contains(
                            expected + (expected == 1 ? " job has" : " jobs have") + " failed for good",
                            "queue paused: urgent"));
            var stats = api.get("/pipeline/stats").is(200).json();
            assertThat(stats.path("health").asText()).isEqualTo(failed > 10 ? "critical" : "degraded");
            assertThat(health().path("status")).isEqualTo(stats.path("health"));
            assertThat(health().path("reasons")).isEqualTo(stats.path("reasons"));
        }
        assertThat(api.metric("jobtrail_degraded_reasons"))
                .as("nothing that it rests on is wrong")
                .isZero();
    }
}
