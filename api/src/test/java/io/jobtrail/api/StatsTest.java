package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.WorkerRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StatsTest {
    private RunningApi api;

    @BeforeEach
    void start() {
        api = RunningApi.startEagerly("REDIS_URL", "");
        var registry = new WorkerRegistry(api.database.runtime());
        registry.register(new WorkerRegistry.Worker(
                "w", "host", 1, List.of(QueueName.values()), List.of("process_document"), 2, "1"));
        var hour = Duration.ofHours(1);
        registry.beat("w", 0, new WorkerRegistry.Condition(hour, hour.multipliedBy(6), List.of()));
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void statsCountEveryStateAndJudgeHealth() {
        assertThat(stats().path("health").asText()).isEqualTo("healthy");
        assertThat(stats().at("/stats/by_status/failed").asInt(-1)).isZero();
        api.database.aJob().insert();
        api.database.aJob().queue(QueueName.URGENT).claimedBy("w");
        fail(1, true);

        var stats = stats();
        assertThat(stats.at("/stats/total").asInt()).isEqualTo(3);
        assertThat(stats.at("/stats/by_status").fieldNames())
                .toIterable()
                .containsExactly("queued", "running", "retrying", "awaiting_input", "finished", "failed", "cancelled");
        assertThat(stats.at("/stats/by_queue/urgent/running").asInt()).isEqualTo(1);
        assertThat(stats.at("/stats/by_queue/slow").isObject()).isTrue();
        assertThat(stats.path("summary").toString())
                .isEqualTo("{\"running\":1,\"pending\":1,\"failed\":1,\"has_dead_letter\":true}");
        assertThat(stats.path("health").asText()).isEqualTo("degraded");
        assertThat(stats.at("/reasons/0").asText()).contains("1 job");

        fail(9, true);
        assertThat(stats().path("health").asText()).as("ten dead letters").isEqualTo("degraded");
        fail(1, true);
        assertThat(stats().path("health").asText()).as("eleven").isEqualTo("critical");
    }

    @Test
    void manyRetriesAreNoHealthEither() {
        fail(5, false);
        assertThat(stats().path("health").asText()).isEqualTo("healthy");
        assertThat(stats().at("/summary/pending").asInt()).isEqualTo(5);
        fail(1, false);
        assertThat(stats().path("health").asText()).isEqualTo("degraded");
        fail(15, false);
        assertThat(stats().path("health").asText()).isEqualTo("critical");
        assertThat(stats().at("/summary/has_dead_letter").booleanValue()).isFalse();
    }

    private void fail(int count, boolean permanent) {
        for (int i = 0; i < count; i++) {
            api.database.store().fail(api.database.aJob().claimedBy("w"), "BOOM", "x", permanent, Duration.ofHours(1));
        }
    }

    private JsonNode stats() {
        return api.get("/pipeline/stats").is(200).json();
    }
}
