package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.testbed.TestServers;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** What people do to one job. */
class ActionsTest {
    private static final String NOBODY = "01a20109-be74-7000-9b7e-bcbd8005ded9";
    private static RunningApi api;

    @BeforeAll
    static void start() {
        api = RunningApi.start();
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    static Answer act(Object id, String json, String... headers) {
        return post("/pipeline/jobs/" + id, json, headers);
    }

    private static Answer post(String path, String json, String... headers) {
        var all = java.util.Arrays.copyOf(headers, headers.length + 2);
        all[headers.length] = "Content-Type";
        all[headers.length + 1] = "application/json";
        return api.send("POST", path, json.getBytes(StandardCharsets.UTF_8), all);
    }

    private static UUID jobIn(JobState state) {
        return jobIn(api, state);
    }

    static UUID jobIn(RunningApi api, JobState state) {
        var store = api.database.store();
        var claim = api.database.aJob().claimedBy("w");
        switch (state) {
            case QUEUED -> store.giveBack(claim, "TEST");
            case RUNNING -> {}
            case RETRYING -> store.fail(claim, "A", "a", false, Duration.ofHours(1));
            case AWAITING_INPUT -> store.askPerson(claim, "sure", "confirm", "{}");
            case FINISHED -> store.complete(claim, "1");
            case FAILED -> store.fail(claim, "A", "a", true, Duration.ZERO);
            case CANCELLED -> {
                api.database.actions().cancel(claim.id(), "bob", null);
                store.finishCancelled(claim);
            }
        }
        api.database.assertThatJob(claim.id()).is(state);
        return claim.id();
    }

    @ParameterizedTest
    @CsvSource({
        "QUEUED, cancelled, the job is cancelled",
        "RETRYING, cancelled, the job is cancelled",
        "AWAITING_INPUT, cancelled, the job is cancelled",
        "RUNNING, running, asked to stop"
    })
    void cancelEndsTheJobOrAsksItsWorker(JobState before, String status, String message) {
        var id = jobIn(before);
        var answer =
                act(id, "{\"action\":\"cancel\",\"reason\":\"sent twice\"}").is(200);
        assertThat(answer.json().path("success").booleanValue()).isTrue();
        assertThat(answer.json().path("status").asText()).isEqualTo(status);
        assertThat(answer.json().path("message").asText()).contains(message);
        assertThat(api.get("/pipeline/status/" + id).json().path("status").asText())
                .isEqualTo(status);
        if (before == JobState.RUNNING) {
            assertThat(api.column(id, "cancel_actor || ' ' || cancel_reason")).isEqualTo("api:127.0.0.1 sent twice");
        } else {
            assertThat(lastEvent(id)).isEqualTo("cancelled by api:127.0.0.1: sent twice");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FAILED", "CANCELLED"})
    void retryQueuesTheJobAgainAndPushesIt(JobState before) {
        var id = jobIn(before);
        var answer = act(id, "{\"action\":\"retry\",\"reason\":null}").is(200);
        assertThat(answer.json().path("status").asText()).isEqualTo("queued");
        assertThat(answer.json().path("message").asText()).contains("queued again");
        assertThat(lastEvent(id)).isEqualTo("queued by api:127.0.0.1: OPERATOR_RETRY");
        assertThat(isInRedis(QueueName.DEFAULT, id)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "cancel, FINISHED",
        "cancel, FAILED",
        "cancel, CANCELLED",
        "retry, QUEUED",
        "retry, RUNNING",
        "retry, RETRYING",
        "retry, AWAITING_INPUT",
        "retry, FINISHED"
    })
    void whatTheStateDoesNotAllowIsRefusedWithTheState(String action, JobState state) {
        var id = jobIn(state);
        var history = api.database.reader().history(id);
        var problem = act(id, "{\"action\":\"" + action + "\"}")
                .isProblem(409, "WRONG_STATE", null)
                .says(action, "this one is " + state.wireName());
        assertThat(problem.json().path("job_status").asText()).isEqualTo(state.wireName());
        assertThat(api.database.reader().history(id)).isEqualTo(history);
    }

    @ParameterizedTest
    @CsvSource({
        "QUEUED, cancelled",
        "RUNNING, running",
        "RETRYING, cancelled",
        "AWAITING_INPUT, cancelled",
        "FINISHED, finished",
        "FAILED, failed",
        "CANCELLED, cancelled"
    })
    void aDeletedJobIsLikeOneThatNeverWas(JobState before, String status) {
        var id = jobIn(before);
        var answer = api.send("DELETE", "/pipeline/jobs/" + id + "?reason=holds%20names", null)
                .is(200);
        assertThat(answer.json().path("success").booleanValue()).isTrue();
        assertThat(answer.json().path("status").asText()).isEqualTo(status);
        assertThat(answer.json().path("message").asText()).contains("trail");

        for (var path : new String[] {
            "status/%s", "jobs/%s/history", "jobs/%s/result", "jobs/%s/chunks", "jobs/%s/file", "hitl/%s/prompt"
        }) {
            var gone = api.get("/pipeline/" + path.formatted(id)).isProblem(404, "NOT_FOUND", null);
            var never = api.get("/pipeline/" + path.formatted(NOBODY)).is(404);
            assertThat(withoutIds(gone, id)).isEqualTo(withoutIds(never, NOBODY));
        }
        act(id, "{\"action\":\"retry\"}").isProblem(404, "NOT_FOUND", null);
        act(id, "{\"action\":\"cancel\"}").isProblem(404, "NOT_FOUND", null);
        api.send("DELETE", "/pipeline/jobs/" + id, null).isProblem(404, "NOT_FOUND", null);
        assertThat(api.get("/pipeline/jobs/recent?limit=500").text()).doesNotContain(id.toString());
        assertThat(api.database.reader().verifyTrail(id)).isEmpty();
        assertThat(lastEvent(new UUID(0, 0))).isEqualTo("hidden by api:127.0.0.1: holds names");
    }

    private static String withoutIds(Answer answer, Object id) {
        return answer.text()
                .replace(id.toString(), "")
                .replace(answer.json().path("request_id").asText(), "");
    }

    @Test
    void aDeletedJobIsNotCounted() {
        var id = jobIn(JobState.FINISHED);
        var before = api.get("/pipeline/stats").json().at("/stats/total").asLong();
        api.send("DELETE", "/pipeline/jobs/" + id, null).is(200);
        assertThat(api.get("/pipeline/stats").json().at("/stats/total").asLong())
                .isEqualTo(before - 1);
        assertThat(lastEvent(new UUID(0, 0))).isEqualTo("hidden by api:127.0.0.1: DELETED");
    }

    @Test
    void withAKeyTheAdminIsTheOneInTheTrail() {
        try (var guarded = RunningApi.start("ADMIN_API_KEY", "a-key-for-the-tests", "HOST", "127.0.0.1")) {
            var id = guarded.database.aJob().insert();
            var cancel = "{\"action\":\"cancel\"}".getBytes(StandardCharsets.UTF_8);
            guarded.send("POST", "/pipeline/jobs/" + id, cancel, "Content-Type", "application/json")
                    .isProblem(401, "UNAUTHORIZED", "X-Admin-Key");
            guarded.database.assertThatJob(id).is(JobState.QUEUED);
            guarded.send(
                            "POST",
                            "/pipeline/jobs/" + id,
                            cancel,
                            "Content-Type",
                            "application/json",
                            "X-Admin-Key",
                            "a-key-for-the-tests")
                    .is(200);
            assertThat(guarded.column(id, "actor")).isEqualTo("admin");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'action':'stop'} | INVALID_FIELD | action | cancel, retry, not stop",
                "{'action':'delete'} | INVALID_FIELD | action | cancel, retry, not delete",
                "{'action':'CANCEL'} | INVALID_FIELD | action | cancel, retry",
                "{'action':7} | INVALID_FIELD | action | text",
                "{'action':null} | INVALID_FIELD | action | cancel, retry",
                "{} | INVALID_FIELD | action | cancel, retry",
                "{'action':'cancel','force':true} | UNKNOWN_FIELD | force | action, reason",
                "{'action':'cancel','reason':''} | INVALID_FIELD | reason | 1 to 500",
                "{'action':'cancel','reason':'  '} | INVALID_FIELD | reason | 1 to 500",
                "{'action':'cancel','reason':7} | INVALID_FIELD | reason | text",
                "{'action':'cancel','reason':'a\\u0000b'} | INVALID_FIELD | reason | NUL",
                "{'action':'cancel','reason':'\\ud800'} | INVALID_FIELD | reason | surrogate",
                "{'action':'cancel','action':'retry'} | MALFORMED_JSON | body | action",
                "{'action':'cancel' | MALFORMED_JSON | body | line 1",
                "['cancel'] | MALFORMED_JSON | body | object",
                "null | MALFORMED_JSON | body | object",
                "' ' | MALFORMED_JSON | body | no JSON"
            })
    void badActionIsRefusedByName(String json, String code, String field, String words) {
        var id = jobIn(JobState.QUEUED);
        act(id, json.equals("' '") ? " " : json.replace('\'', '"'))
                .isProblem(400, code, field)
                .says(words.split(", not")[0]);
        api.database.assertThatJob(id).is(JobState.QUEUED);
    }

    @Test
    void aReasonMayHaveFiveHundredCharactersAndBeAnyText() {
        var id = jobIn(JobState.QUEUED);
        act(id, "{\"action\":\"cancel\",\"reason\":\"" + "x".repeat(501) + "\"}")
                .isProblem(400, "INVALID_FIELD", "reason");
        act(id, "{\"action\":\"cancel\",\"reason\":\"<b>āé€😀</b>'; --" + "x".repeat(470) + "\"}")
                .is(200);
        assertThat(lastEvent(id)).startsWith("cancelled by api:127.0.0.1: <b>āé€😀</b>'; --xx");
        api.database.assertThatJob(id).is(JobState.CANCELLED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"})
    void onlyJsonIsRead(String type) {
        var id = jobIn(JobState.QUEUED);
        api.send(
                        "POST",
                        "/pipeline/jobs/" + id,
                        "{\"action\":\"cancel\"}".getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        type)
                .isProblem(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
        api.database.assertThatJob(id).is(JobState.QUEUED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "not-a-uuid", NOBODY + "0"})
    void whatIsNoIdIsRefused(String id) {
        act(id, "{\"action\":\"cancel\"}").isProblem(400, "INVALID_ID", "id");
        api.send("DELETE", "/pipeline/jobs/" + id, null).isProblem(400, "INVALID_ID", "id");
    }

    @Test
    void strangersAreNotFound() {
        act(NOBODY, "{\"action\":\"cancel\"}").isProblem(404, "NOT_FOUND", null).says(NOBODY);
        act(NOBODY, "{\"action\":\"retry\"}").isProblem(404, "NOT_FOUND", null);
        api.send("DELETE", "/pipeline/jobs/" + NOBODY, null).isProblem(404, "NOT_FOUND", null);
    }

    @Test
    void aDeletionTakesNothingButAReason() {
        var id = jobIn(JobState.QUEUED);
        var path = "/pipeline/jobs/" + id;
        api.send("DELETE", path + "?force=true", null)
                .isProblem(400, "UNKNOWN_FIELD", "force")
                .says("reason");
        api.send("DELETE", path + "?reason=", null).isProblem(400, "INVALID_FIELD", "reason");
        api.send("DELETE", path + "?reason=a&reason=b", null).isProblem(400, "INVALID_FIELD", "reason");
        api.send("DELETE", path, "{\"reason\":\"x\"}".getBytes(StandardCharsets.UTF_8))
                .isProblem(400, "INVALID_FIELD", "reason")
                .says("parameter");
        api.database.assertThatJob(id).is(JobState.QUEUED);
    }

    private static String lastEvent(UUID id) {
        var events = api.database.reader().history(id);
        var last = events.get(events.size() - 1);
        return last.newState() + " by " + last.actor() + ": " + last.reason();
    }

    static boolean isInRedis(QueueName queue, UUID id) {
        try (var jedis = new Jedis(URI.create(TestServers.redis().url()))) {
            return jedis.lrange(JobQueue.key(queue), 0, -1).stream().anyMatch(entry -> entry.contains(id.toString()));
        }
    }
}
