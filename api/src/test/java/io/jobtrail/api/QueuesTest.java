package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.store.WorkerRegistry;
import io.jobtrail.testbed.TestServers;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;

/** How queues and workers stand, and queues that are paused. */
class QueuesTest {
    @AutoClose
    private final RunningApi api = RunningApi.start();

    @BeforeEach
    void start() {
        try (var jedis = new Jedis(URI.create(TestServers.redis().url()))) {
            for (var queue : QueueName.values()) {
                jedis.del(JobQueue.key(queue));
            }
        }
    }

    private Answer act(String queue, String body) {
        return api.send(
                "POST",
                "/pipeline/queues/" + queue,
                body.getBytes(StandardCharsets.UTF_8),
                "Content-Type",
                "application/json");
    }

    private JsonNode queue(RunningApi at, String name) {
        for (var queue : at.get("/pipeline/queues").is(200).json().path("queues")) {
            if (queue.path("queue").asText().equals(name)) {
                return queue;
            }
        }
        throw new AssertionError("no queue " + name);
    }

    private void worker(String id, QueueName... served) {
        var registry = new WorkerRegistry(api.database.runtime());
        registry.register(new WorkerRegistry.Worker(id, "host", 7, List.of(served), List.of("echo"), 2, "1.2"));
        registry.beat(
                id,
                1,
                new WorkerRegistry.Condition(
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(60),
                        List.of(),
                        Map.of("finished", 12, "finished_last_minute", Map.of("slow", 9))));
    }

    @Test
    void queuesSayHowTheyStand() {
        api.enqueue("{\"handler\":\"echo\",\"queue\":\"slow\"}").is(202);
        api.database.aJob().queue(QueueName.SLOW).claimedBy("w");
        api.database
                .aJob()
                .queue(QueueName.SLOW)
                .dueAt(Instant.now().plusSeconds(3600))
                .insert();
        api.database.asOwner("UPDATE pipeline_jobs SET run_after = now() - interval '100 s' WHERE handler = 'echo'");
        worker("one", QueueName.SLOW, QueueName.URGENT);

        assertThat(api.get("/pipeline/queues").json().path("queues").findValuesAsText("queue"))
                .containsExactly("urgent", "default", "slow");
        var slow = queue(api, "slow");
        assertThat(slow.fieldNames())
                .toIterable()
                .containsExactly(
                        "queue",
                        "paused",
                        "changed_at",
                        "changed_by",
                        "reason",
                        "depth",
                        "not_due",
                        "redis_length",
                        "oldest_wait_seconds",
                        "finished_last_minute",
                        "workers",
                        "timeout_sec");
        assertThat(slow.path("depth").toString())
                .isEqualTo("{\"queued\":2,\"running\":1,\"retrying\":0,\"awaiting_input\":0,\"finished\":0,"
                        + "\"failed\":0,\"cancelled\":0}");
        assertThat(slow.path("not_due").asInt(-1)).isEqualTo(1);
        assertThat(slow.path("redis_length").asInt(-1)).isEqualTo(1);
        assertThat(slow.path("oldest_wait_seconds").asDouble()).isBetween(100.0, 160.0);
        assertThat(slow.path("finished_last_minute").asInt()).isEqualTo(9);
        assertThat(slow.path("workers").asInt()).isEqualTo(1);
        assertThat(slow.path("timeout_sec").asInt()).isEqualTo(3600);
        var other = queue(api, "default");
        assertThat(other.path("oldest_wait_seconds").isNull()).isTrue();
        assertThat(other.path("workers").asInt(-1)).isZero();
        assertThat(other.path("finished_last_minute").asInt(-1)).isZero();
        assertThat(other.path("redis_length").asInt(-1)).isZero();
    }

    @Test
    void withoutRedisItsLengthIsUnknown() {
        try (var away = RunningApi.start("REDIS_URL", "redis://127.0.0.1:1");
                var without = RunningApi.start("REDIS_URL", "")) {
            assertThat(queue(away, "slow").path("redis_length").isNull()).isTrue();
            assertThat(queue(without, "slow").path("redis_length").isNull()).isTrue();
        }
    }

    @Test
    void aPausedQueueSaysSoEverywhere() {
        var waiting = api.enqueue("{\"handler\":\"echo\",\"queue\":\"slow\"}").jobId();
        var later = api.enqueue("{\"handler\":\"echo\",\"queue\":\"slow\",\"run_after\":\"2100-01-01T00:00:00Z\"}")
                .jobId();
        var claim = api.database.aJob().queue(QueueName.SLOW).claimedBy("w");
        api.database.store().fail(claim, "BOOM", "x", false, Duration.ZERO);

        var answer = act("slow", "{\"action\":\"pause\",\"reason\":\"disk is full\"}")
                .is(200)
                .json();
        assertThat(answer.path("success").asBoolean()).isTrue();
        assertThat(answer.path("changed").asBoolean()).isTrue();
        assertThat(answer.path("paused").asBoolean()).isTrue();
        assertThat(answer.path("reason").asText()).isEqualTo("disk is full");
        assertThat(answer.path("changed_by").asText()).isEqualTo("api:127.0.0.1");
        var again = act("slow", "{\"action\":\"pause\"}").is(200).json();
        assertThat(again.path("changed").asBoolean(true)).isFalse();
        assertThat(again.path("reason").asText()).as("what it was for").isEqualTo("disk is full");

        assertThat(queue(api, "slow").path("paused").asBoolean()).isTrue();
        assertThat(queue(api, "slow").path("reason").asText()).isEqualTo("disk is full");
        assertThat(why(waiting)).contains("queue slow is paused");
        assertThat(why(later)).isEqualTo("is due at 2100-01-01T00:00:00Z");
        assertThat(why(claim.id())).contains("attempt 1", "queue slow is paused");
        var stats = api.get("/pipeline/stats").json();
        assertThat(stats.path("reasons").toString()).contains("queue paused: slow", "3 jobs");
        assertThat(stats.path("health").asText()).isEqualTo("degraded");
        assertThat(api.get("/pipeline/jobs/recent?queue=slow").text()).contains("queue slow is paused");

        act("slow", "{\"action\":\"resume\"}").is(200);
        assertThat(why(waiting)).doesNotContain("paused");
        assertThat(api.get("/pipeline/stats").json().path("reasons").toString()).doesNotContain("paused");
        assertThat(api.database.reader().verifyTrail(null)).isEmpty();
    }

    private String why(Object job) {
        return api.get("/pipeline/status/" + job).is(200).json().path("why").asText();
    }

    @Test
    void workersAreListed() {
        worker("one", QueueName.SLOW, QueueName.URGENT);
        worker("two", QueueName.SLOW);
        worker("three", QueueName.SLOW);
        var registry = new WorkerRegistry(api.database.runtime());
        registry.signOff("two");
        registry.giveUp("three", Duration.ZERO);
        var json = api.get("/pipeline/workers").is(200).json();
        assertThat(json.path("alive").asInt()).isEqualTo(1);
        assertThat(json.path("workers").findValuesAsText("id")).containsExactly("one", "three", "two");
        assertThat(json.path("workers").findValuesAsText("lost")).containsExactly("false", "true", "false");
        var one = json.at("/workers/0");
        assertThat(one.fieldNames())
                .toIterable()
                .containsExactly(
                        "id",
                        "host",
                        "pid",
                        "queues",
                        "handlers",
                        "concurrency",
                        "running",
                        "version",
                        "started_at",
                        "last_beat_at",
                        "alive",
                        "lost",
                        "stopped_at",
                        "metrics");
        assertThat(one.path("queues").toString()).isEqualTo("[\"slow\",\"urgent\"]");
        assertThat(one.at("/metrics/finished").asInt()).isEqualTo(12);
        assertThat(one.path("started_at").asText()).endsWith("Z");
        assertThat(json.at("/workers/1/alive").asBoolean(true)).isFalse();
        assertThat(json.at("/workers/1/stopped_at").asText()).endsWith("Z");
        assertThat(json.at("/workers/2/stopped_at")).isEqualTo(json.at("/workers/2/last_beat_at"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "fast|{\"action\":\"pause\"}|400|UNKNOWN_QUEUE|queue|urgent, default, slow",
                "slow|{}|400|INVALID_FIELD|action|pause, resume",
                "slow|{\"action\":\"stop\"}|400|INVALID_FIELD|action|pause, resume",
                "slow|{\"action\":7}|400|INVALID_FIELD|action|text",
                "slow|{\"action\":\"pause\",\"reason\":\" \"}|400|INVALID_FIELD|reason|500",
                "slow|{\"action\":\"pause\",\"reason\":{}}|400|INVALID_FIELD|reason|text",
                "slow|{\"action\":\"pause\",\"actor\":\"me\"}|400|UNKNOWN_FIELD|actor|known",
                "slow|[]|400|MALFORMED_JSON|body|object",
                "slow|''|400|MALFORMED_JSON|body|"
            })
    void badRequestIsRefusedByNameAndChangesNothing(
            String queue, String body, int status, String code, String field, String words) {
        act(queue, body).isProblem(status, code, field).says(words == null ? "" : words);
        assertThat(queue(api, "slow").path("paused").asBoolean(true)).isFalse();
    }

    @Test
    void otherBadRequests() {
        api.send("POST", "/pipeline/queues/slow", "{\"action\":\"pause\"}".getBytes(StandardCharsets.UTF_8))
                .isProblem(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
        act("slow", "{\"action\":\"pause\",\"reason\":\"" + "x".repeat(501) + "\"}")
                .isProblem(400, "INVALID_FIELD", "reason");
        api.get("/pipeline/queues?queue=slow").isProblem(400, "UNKNOWN_FIELD", "queue");
        api.get("/pipeline/workers?alive=true").isProblem(400, "UNKNOWN_FIELD", "alive");
        api.get("/pipeline/queues/slow").isProblem(405, "METHOD_NOT_ALLOWED", null);
    }
}
