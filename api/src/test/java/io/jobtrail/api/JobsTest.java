package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.job.JobFilter;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.ChunkStore;
import io.jobtrail.store.ChunkStore.NewChunk;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What can be read about jobs, in the shapes that are promised. */
class JobsTest {
    private RunningApi api;

    @BeforeEach
    void start() {
        api = RunningApi.start();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void statusHasEveryFieldFromTheFirstMomentOn() {
        var id = api.database.aJob().realm("acme").insert();
        var answer = api.get("/pipeline/status/" + id).is(200);
        assertThat(answer.json().fieldNames())
                .toIterable()
                .contains(
                        "id",
                        "status",
                        "queue",
                        "realm",
                        "handler",
                        "stage",
                        "progress",
                        "attempt",
                        "max_attempts",
                        "payload",
                        "result",
                        "error",
                        "error_code",
                        "created_at",
                        "started_at",
                        "finished_at",
                        "run_after",
                        "last_heartbeat_at",
                        "why");
        assertThat(answer.json().path("id").asText()).isEqualTo(id.toString());
        assertThat(answer.json().path("status").asText()).isEqualTo("queued");
        assertThat(answer.json().path("realm").asText()).isEqualTo("acme");
        assertThat(answer.json().path("why").asText()).contains("queue default");
        assertThat(answer.json().path("created_at").asText()).endsWith("Z");
        assertThat(Instant.parse(answer.json().path("created_at").asText()))
                .isBefore(Instant.now().plusSeconds(5));
        assertThat(answer.header("Retry-After")).isNotNull();
    }

    @Test
    void whySaysWhatTheJobWaitsFor() {
        var deferred =
                api.database.aJob().dueAt(Instant.parse("2031-01-01T00:00:00Z")).insert();
        assertThat(status(deferred).path("why").asText()).contains("2031-01-01T00:00:00Z");
        var retrying = api.database.aJob().claimedBy("w");
        api.database.store().fail(retrying, "BOOM", "went wrong", false, Duration.ofHours(1));
        assertThat(status(retrying.id()).path("why").asText()).contains("attempt 1 of 5", "BOOM");
        var running = api.database.aJob().claimedBy("w");
        assertThat(status(running.id()).path("why").isNull()).isTrue();
        api.database.actions().cancel(running.id(), "test", "no need");
        assertThat(status(running.id()).path("why").asText()).contains("asked to stop");
    }

    @Test
    void finalJobIsNotToBeAskedForAgain() {
        var claim = api.database.aJob().claimedBy("w");
        assertThat(api.get("/pipeline/status/" + claim.id()).header("Retry-After"))
                .isNotNull();
        api.database.store().fail(claim, "BOOM", "went wrong", true, Duration.ZERO);
        var answer = api.get("/pipeline/status/" + claim.id()).is(200);
        assertThat(answer.header("Retry-After")).isNull();
        assertThat(answer.json().path("error").asText()).isEqualTo("went wrong");
        assertThat(answer.json().path("error_code").asText()).isEqualTo("BOOM");
    }

    @Test
    void pagesOfTheListLeadToTheEndWithoutGap() {
        var all = new ArrayList<String>();
        for (int i = 0; i < 23; i++) {
            all.add(0, api.database.aJob().insert().toString());
        }
        var seen = new ArrayList<String>();
        var cursor = "";
        for (int pages = 0; pages < 10 && cursor != null; pages++) {
            var page = api.get("/pipeline/jobs/recent?limit=5" + cursor).is(200).json();
            assertThat(page.path("count").asInt()).isEqualTo(page.path("jobs").size());
            page.path("jobs").forEach(job -> seen.add(job.path("id").asText()));
            cursor = page.path("next_cursor").isNull()
                    ? null
                    : "&cursor=" + page.path("next_cursor").asText();
            if (pages == 1) {
                api.database.aJob().insert(); // what comes in between must not shift the pages
            }
        }
        assertThat(cursor).isNull();
        assertThat(seen).isEqualTo(all);
    }

    @ParameterizedTest
    @CsvSource({
        "realm=acme, realm",
        "queue=slow, queue",
        "status=failed, status",
        "handler=echo, handler",
        "error_code=BOOM, error_code",
        "q=ANNUAL, q",
        "q=100%25, q",
        "q=went_wrong, q"
    })
    void filterFindsTheOneJobAndIsEchoed(String query, String name) {
        api.database.aJob().insert();
        var claim = api.database
                .aJob()
                .realm("acme")
                .queue(QueueName.SLOW)
                .handler("echo")
                .payload(Map.of("filename", "annual 100%.pdf"))
                .claimedBy("w");
        api.database.store().fail(claim, "BOOM", "went_wrong here", true, Duration.ZERO);
        api.database
                .aJob()
                .payload(Map.of("filename", "1000.pdf", "x", "wentXwrong"))
                .insert();

        var page = api.get("/pipeline/jobs/recent?" + query).is(200).json();
        assertThat(page.path("count").asInt()).isEqualTo(1);
        assertThat(page.at("/jobs/0/id").asText()).isEqualTo(claim.id().toString());
        assertThat(page.path("filters").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder("realm", "queue", "status", "handler", "error_code", "q", "batch");
        assertThat(page.path("filters").path(name).asText()).isEqualTo(query.split("=")[1].replace("%25", "%"));
        assertThat(page.path("next_cursor").isNull()).isTrue();
    }

    @Test
    void listShowsFiftyUnlessToldAndUpToFiveHundred() {
        for (int i = 0; i < 52; i++) {
            api.database.aJob().insert();
        }
        assertThat(api.get("/pipeline/jobs/recent").json().path("count").asInt())
                .isEqualTo(50);
        assertThat(api.get("/pipeline/jobs/recent?limit=500")
                        .json()
                        .path("count")
                        .asInt())
                .isEqualTo(52);
        assertThat(api.database
                        .reader()
                        .page(new JobFilter(null, null, null, null, null, null, null, 500))
                        .jobs())
                .hasSize(52);
    }

    @Test
    void historyIsTheVerifiedTrail() {
        var claim = api.database.aJob().claimedBy("w");
        api.database.store().complete(claim, "{\"n\":1}");
        var history =
                api.get("/pipeline/jobs/" + claim.id() + "/history").is(200).json();
        assertThat(history.path("verified").booleanValue()).isTrue();
        assertThat(history.path("problems")).isEmpty();
        assertThat(texts(history.path("events"), "new_state")).containsExactly("queued", "running", "finished");
        assertThat(texts(history.path("events"), "seq")).containsExactly("1", "2", "3");
        var event = history.at("/events/1");
        assertThat(event.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder(
                        "seq",
                        "previous_state",
                        "new_state",
                        "attempt",
                        "actor",
                        "reason",
                        "metadata",
                        "timestamp",
                        "hash");
        assertThat(event.path("previous_state").asText()).isEqualTo("queued");
        assertThat(event.path("actor").asText()).isEqualTo("worker:w");
        assertThat(event.path("timestamp").asText()).endsWith("Z");
        assertThat(event.path("hash").asText()).matches("[0-9a-f]{64}");
        assertThat(history.at("/events/0/previous_state").isNull()).isTrue();
    }

    @Test
    void tamperedHistoryIsNotVerified() {
        var id = api.database.aJob().insert();
        api.database.asOwner(
                "ALTER TABLE pipeline_job_events DISABLE TRIGGER ALL",
                "UPDATE pipeline_job_events SET actor = 'somebody else' WHERE job_id = '" + id + "'",
                "ALTER TABLE pipeline_job_events ENABLE TRIGGER ALL");
        var history = api.get("/pipeline/jobs/" + id + "/history").is(200).json();
        assertThat(history.path("verified").booleanValue()).isFalse();
        assertThat(history.at("/problems/0").asText()).startsWith("event 1: the hash");
    }

    @Test
    void resultIsThereOnceTheJobHasEnded() {
        var claim = api.database.aJob().claimedBy("w");
        api.get("/pipeline/jobs/" + claim.id() + "/result")
                .isProblem(409, "NOT_FINAL", null)
                .says("running");
        api.database.store().complete(claim, "{\"summary\":\"short\"}");
        var result = api.get("/pipeline/jobs/" + claim.id() + "/result").is(200).json();
        assertThat(result.fieldNames())
                .toIterable()
                .containsExactly("job_id", "status", "result", "error", "error_code", "processing_time_ms");
        assertThat(result.path("status").asText()).isEqualTo("finished");
        assertThat(result.at("/result/summary").asText()).isEqualTo("short");
        assertThat(result.path("processing_time_ms").isIntegralNumber()).isTrue();
        assertThat(result.path("processing_time_ms").asLong()).isBetween(0L, 60_000L);
    }

    @Test
    void resultOfAJobThatNeverRanHasNoTime() {
        var id = api.database.aJob().insert();
        api.database.actions().cancel(id, "test", "no need");
        var result = api.get("/pipeline/jobs/" + id + "/result").is(200).json();
        assertThat(result.path("status").asText()).isEqualTo("cancelled");
        assertThat(result.path("processing_time_ms").isNull()).isTrue();
    }

    @Test
    void chunksComeInPagesOfTheFinishedAttempt() {
        var claim = api.database.aJob().claimedBy("w");
        var chunks = new ArrayList<NewChunk>();
        for (int i = 0; i < 7; i++) {
            chunks.add(new NewChunk("text " + i, 2, 1, i, new float[] {0.5f, -0.25f}));
        }
        assertThat(new ChunkStore(api.database.runtime()).store(claim, 0, chunks))
                .isTrue();
        var path = "/pipeline/jobs/" + claim.id() + "/chunks";
        assertThat(api.get(path).is(200).json().path("count").asInt())
                .as("not before it is finished")
                .isZero();
        api.database.store().complete(claim, null);

        var first = api.get(path + "?limit=3").is(200).json();
        assertThat(first.at("/chunks/0").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder("position", "text", "tokens", "page_from", "page_to", "embedding");
        assertThat(first.at("/chunks/0/embedding/1").asDouble()).isEqualTo(-0.25);
        var texts = new ArrayList<>(texts(first.path("chunks"), "text"));
        for (var page = first; !page.path("next_cursor").isNull(); ) {
            page = api.get(path + "?limit=3&cursor=" + page.path("next_cursor").asText())
                    .is(200)
                    .json();
            texts.addAll(texts(page.path("chunks"), "text"));
        }
        assertThat(texts).containsExactly("text 0", "text 1", "text 2", "text 3", "text 4", "text 5", "text 6");
        api.get(path + "?limit=0").isProblem(400, "INVALID_FIELD", "limit");
        api.get(path + "?cursor=zzz").isProblem(400, "INVALID_FIELD", "cursor");
        api.get(path + "?page=1").isProblem(400, "UNKNOWN_FIELD", "page");
    }

    @Test
    void deletedJobIsNotFound() {
        var id = api.database.aJob().insert();
        api.database.asOwner("UPDATE pipeline_jobs SET deleted_at = now() WHERE id = '" + id + "'");
        for (var path :
                new String[] {"status/%s", "jobs/%s/history", "jobs/%s/result", "jobs/%s/chunks", "jobs/%s/file"}) {
            api.get("/pipeline/" + path.formatted(id)).isProblem(404, "NOT_FOUND", null);
        }
        assertThat(api.get("/pipeline/jobs/recent").json().path("count").asInt())
                .isZero();
    }

    private JsonNode status(UUID id) {
        return api.get("/pipeline/status/" + id).is(200).json();
    }

    private static List<String> texts(JsonNode array, String field) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(item -> item.path(field).asText())
                .toList();
    }
}
