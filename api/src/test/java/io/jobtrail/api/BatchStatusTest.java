package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.JobIds;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is told of jobs that were sent together. */
class BatchStatusTest {
    @AutoClose
    private static final RunningApi api = RunningApi.start();

    private static String send(int count, String realm) {
        var body = "[" + "{\"handler\":\"echo\"},".repeat(count).replaceFirst(",$", "]");
        return api.send(
                        "POST",
                        "/pipeline/enqueue/batch",
                        body.getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        "application/json",
                        "X-Realm",
                        realm)
                .is(202)
                .json()
                .path("batch_id")
                .asText();
    }

    private static Answer status(String batch, String... headers) {
        return api.get("/pipeline/batch-status/" + batch, headers);
    }

    private static List<String> jobs(Answer answer) {
        return answer.json().path("jobs").findValuesAsText("id");
    }

    private static void make(String id, String status) {
        api.database.asOwner("UPDATE pipeline_jobs SET status = 'running' WHERE id = '%s'".formatted(id));
        if (!status.equals("running")) {
            api.database.asOwner("UPDATE pipeline_jobs SET status = '%s' WHERE id = '%s'".formatted(status, id));
        }
    }

    @Test
    void countsAndJobsAreThoseOfTheBatch() {
        var batch = send(4, "acme");
        send(2, "acme");
        var ids = jobs(status(batch).is(200));
        assertThat(ids).hasSize(4).isSorted();
        make(ids.get(0), "finished");
        make(ids.get(1), "failed");
        make(ids.get(2), "running");

        var answer = status(batch, "X-Realm", "acme").is(200);
        var json = answer.json();
        assertThat(json.fieldNames())
                .toIterable()
                .containsExactly(
                        "batch_id",
                        "complete",
                        "failed",
                        "cancelled",
                        "total",
                        "ended",
                        "by_status",
                        "jobs",
                        "next_cursor");
        assertThat(json.path("complete").asInt()).isEqualTo(1);
        assertThat(json.path("failed").asInt()).isEqualTo(1);
        assertThat(json.path("total").asInt()).isEqualTo(4);
        assertThat(json.path("ended").asBoolean()).isFalse();
        assertThat(answer.header("Retry-After")).isEqualTo("1");
        assertThat(json.path("jobs").findValuesAsText("status"))
                .containsExactly("finished", "failed", "running", "queued");
        assertThat(json.at("/jobs/1/error_code").asText()).isEqualTo("MANUAL");
        assertThat(json.at("/jobs/0").has("filename")).isTrue();
        assertThat(json.path("next_cursor").isNull()).isTrue();

        make(ids.get(2), "finished");
        api.send("DELETE", "/pipeline/jobs/" + ids.get(3), null).is(200);
        var last = status(batch).is(200);
        assertThat(last.json().path("total").asInt())
                .as("without what was deleted")
                .isEqualTo(3);
        assertThat(last.json().path("ended").asBoolean()).isTrue();
        assertThat(last.header("Retry-After")).isNull();
    }

    @Test
    void pagesHaveEveryJobOnce() {
        var batch = send(7, "default");
        var all = jobs(status(batch));
        var page = status(batch + "?limit=3").is(200);
        assertThat(page.json().path("total").asInt()).isEqualTo(7);
        assertThat(jobs(page)).isEqualTo(all.subList(0, 3));
        var next = status(
                batch + "?limit=3&cursor=" + page.json().path("next_cursor").asText());
        assertThat(jobs(next)).isEqualTo(all.subList(3, 6));
        var last = status(
                batch + "?limit=3&cursor=" + next.json().path("next_cursor").asText());
        assertThat(jobs(last)).isEqualTo(all.subList(6, 7));
        assertThat(last.json().path("next_cursor").isNull()).isTrue();
    }

    @Test
    void aBatchOfAnotherRealmIsNotThere() {
        var batch = send(1, "acme");
        status(batch, "X-Realm", "other").isProblem(404, "NOT_FOUND", null).says(batch);
        status(batch, "X-Realm", "acme").is(200);
        status(JobIds.next().toString()).isProblem(404, "NOT_FOUND", null);
    }

    @Test
    void listsAndBulkActionsTakeABatch() {
        var batch = send(3, "list");
        var ids = jobs(status(batch));
        make(ids.get(1), "failed");
        var path = "/pipeline/jobs/recent?batch=" + batch;
        assertThat(jobs(api.get(path).is(200))).containsExactly(ids.get(2), ids.get(1), ids.get(0));
        assertThat(jobs(api.get(path + "&status=failed"))).containsExactly(ids.get(1));
        assertThat(jobs(api.get(path + "&limit=1&status=failed")))
                .as("a page is as full as it can be")
                .containsExactly(ids.get(1));
        assertThat(jobs(api.get(path + "&error_code=MANUAL"))).containsExactly(ids.get(1));
        assertThat(jobs(api.get(path + "&realm=other"))).isEmpty();
        var page = api.get(path + "&limit=2").json();
        assertThat(page.at("/filters/batch").asText()).isEqualTo(batch);
        assertThat(jobs(api.get(
                        path + "&limit=2&cursor=" + page.path("next_cursor").asText())))
                .containsExactly(ids.get(0));

        var bulk = api.send(
                        "POST",
                        "/pipeline/jobs/bulk",
                        "{\"action\":\"cancel\",\"filter\":{\"batch\":\"%s\"}}"
                                .formatted(batch)
                                .getBytes(),
                        "Content-Type",
                        "application/json")
                .is(200)
                .json();
        assertThat(bulk.path("succeeded").asInt()).isEqualTo(2);
        assertThat(bulk.path("remaining").asInt()).isZero();
        assertThat(api.column(UUID.fromString(ids.get(0)), "status")).isEqualTo("cancelled");
        assertThat(api.column(UUID.fromString(ids.get(1)), "status")).isEqualTo("failed");
    }

    @ParameterizedTest
    @CsvSource({
        "/pipeline/batch-status/none, INVALID_ID, batch_id",
        "/pipeline/batch-status/0190e2a4-5b6c-7d8e-9fa0-b1c2d3e4f506?limit=0, INVALID_FIELD, limit",
        "/pipeline/batch-status/0190e2a4-5b6c-7d8e-9fa0-b1c2d3e4f506?limit=1001, INVALID_FIELD, limit",
        "/pipeline/batch-status/0190e2a4-5b6c-7d8e-9fa0-b1c2d3e4f506?cursor=x, INVALID_FIELD, cursor",
        "/pipeline/batch-status/0190e2a4-5b6c-7d8e-9fa0-b1c2d3e4f506?status=failed, UNKNOWN_FIELD, status",
        "/pipeline/jobs/recent?batch=7, INVALID_ID, batch"
    })
    void badQuestionIsRefusedByName(String path, String code, String field) {
        api.get(path).isProblem(400, code, field);
    }

    @Test
    void badRealmAndBadFilterAreRefusedByName() {
        status(JobIds.next().toString(), "X-Realm", "a/b").isProblem(400, "INVALID_FIELD", "X-Realm");
        api.send(
                        "POST",
                        "/pipeline/jobs/bulk",
                        "{\"action\":\"cancel\",\"filter\":{\"batch\":\"7\"}}".getBytes(),
                        "Content-Type",
                        "application/json")
                .isProblem(400, "INVALID_ID", "filter.batch");
    }
}
