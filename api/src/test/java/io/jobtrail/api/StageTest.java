package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.job.Claim;
import io.jobtrail.store.Leases;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The stage tells where an attempt is or has ended; a job that has finished is in none. */
class StageTest {
    private RunningApi api;
    private String batch;
    private Claim claim;

    @BeforeEach
    void reportAStage() {
        api = RunningApi.start();
        var sent = api.send(
                        "POST",
                        "/pipeline/enqueue/batch",
                        "[{\"handler\":\"echo\"}]".getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        "application/json")
                .is(202)
                .json();
        batch = sent.path("batch_id").asText();
        var id = UUID.fromString(sent.at("/items/0/job_id").asText());
        claim = api.database.store().claim(id, "w", List.of("echo")).orElseThrow();
        api.database.leases().updateHeartbeats(List.of(new Leases.Beat(id, claim.version(), "chunking", 0.5)));
        assertEverywhere("chunking", 0.5);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private void assertEverywhere(String stage, double progress) {
        for (JsonNode job : List.of(
                api.get("/pipeline/status/" + claim.id()).json(),
                api.get("/pipeline/jobs/recent").json().at("/jobs/0"),
                api.get("/pipeline/batch-status/" + batch).json().at("/jobs/0"))) {
            assertThat(job.path("stage").textValue()).as("%s", job).isEqualTo(stage);
            assertThat(job.path("progress").asDouble()).isEqualTo(progress);
        }
    }

    @Test
    void whatHasFinishedIsInNoStage() {
        api.database.store().complete(claim, "{}");
        assertEverywhere(null, 1);
        assertThat(api.database.ask("SELECT count(*) FROM stage_distribution")).isEqualTo(0L);
    }

    @Test
    void whatHasFailedSaysWhere() {
        api.database.store().fail(claim, "BOOM", "x", true, Duration.ZERO);
        assertEverywhere("chunking", 0.5);
        assertThat(api.database.ask("SELECT stage FROM stage_distribution")).isEqualTo("chunking");
    }
}
