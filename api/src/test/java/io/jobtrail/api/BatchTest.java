package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.testbed.TestServers;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;

/** Many submissions in one JSON array. */
class BatchTest {
    private static final String ECHO = "{\"handler\":\"echo\",\"input\":{\"n\":%d}}";

    private RunningApi api;

    @BeforeEach
    void start() {
        api = RunningApi.start();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private Answer send(String body, String... headers) {
        return send(api, body, headers);
    }

    static Answer send(RunningApi api, String body, String... headers) {
        var all = new ArrayList<>(List.of(headers));
        all.addAll(List.of("Content-Type", "application/json"));
        return api.send(
                "POST", "/pipeline/enqueue/batch", body.getBytes(StandardCharsets.UTF_8), all.toArray(String[]::new));
    }

    private static String echoes(int count) {
        return IntStream.range(0, count).mapToObj(ECHO::formatted).collect(Collectors.joining(",", "[", "]"));
    }

    static List<String> ids(Answer answer) {
        return answer.json().path("items").findValuesAsText("job_id");
    }

    @Test
    void eachItemHasItsAnswerInOrder() {
        var answer = send(
                "[{\"handler\":\"echo\",\"input\":{\"n\":1},\"queue\":\"slow\"},"
                        + "{\"handler\":\"echo\",\"options\":{\"a\":true},\"max_attempts\":2,\"run_after\":\"2100-01-01T00:00:00Z\"},"
                        + "{\"handler\":\"echo\",\"queue\":\"urgent\",\"timeout_sec\":7}]",
                "X-Realm",
                "acme");
        answer.is(202);
        var json = answer.json();
        assertThat(json.fieldNames())
                .toIterable()
                .containsExactly("batch_id", "accepted", "already_existed", "refused", "items", "status_url");
        assertThat(json.path("accepted").asInt()).isEqualTo(3);
        assertThat(json.path("refused").asInt()).isZero();
        var batch = json.path("batch_id").asText();
        assertThat(answer.header("Location")).isEqualTo("/pipeline/batch-status/" + batch);
        assertThat(json.path("items").findValuesAsText("queue")).containsExactly("slow", "default", "urgent");
        assertThat(json.at("/items/0").fieldNames())
                .toIterable()
                .containsExactly("job_id", "queue", "realm", "status", "already_existed", "status_url");
        var ids = ids(answer);
        assertThat(ids).isSorted().doesNotHaveDuplicates();
        for (var id : ids) {
            var job = UUID.fromString(id);
            assertThat(api.column(job, "batch_id")).isEqualTo(batch);
            assertThat(api.column(job, "realm")).isEqualTo("acme");
            api.database.assertThatJob(job).hasHistory("queued");
        }
        assertThat(api.column(UUID.fromString(ids.get(1)), "max_attempts")).isEqualTo("2");
        assertThat(api.column(UUID.fromString(ids.get(1)), "payload->'options'->>'a'"))
                .isEqualTo("true");
        assertThat(api.column(UUID.fromString(ids.get(2)), "timeout_sec")).isEqualTo("7");
        assertThat(inRedis(QueueName.SLOW)).contains(ids.get(0));
        assertThat(inRedis(QueueName.URGENT)).contains(ids.get(2));
        assertThat(inRedis(QueueName.DEFAULT)).as("not due yet").doesNotContain(ids.get(1));
        assertThat(api.get("/pipeline/status/" + ids.get(0))
                        .json()
                        .path("batch_id")
                        .asText())
                .isEqualTo(batch);
    }

    @Test
    void aThousandAreOneCommitAndOnePush() {
        send(echoes(1)).is(202); // announces the queue, as is done every few seconds
        var pushes = pushes();
        var answer = send(echoes(1_000)).is(202);
        assertThat(pushes() - pushes).as("commands that push").isEqualTo(1);
        assertThat(ids(answer)).hasSize(1_000);
        assertThat(api.database.ask(
                        "SELECT count(DISTINCT xmin::text) FROM pipeline_jobs WHERE batch_id::text = ?",
                        answer.json().path("batch_id").asText()))
                .as("transactions")
                .isEqualTo(1L);
        assertThat(inRedis(QueueName.DEFAULT))
                .contains(ids(answer).get(0), ids(answer).get(999));
    }

    @Test
    void anItemThatIsRefusedCostsNoOther() {
        var answer = send(
                "["
                        + "{\"handler\":\"echo\"},{\"handler\":\"echo\",\"queue\":\"fast\"},{\"handler\":\"nobody\"},"
                        + "{\"handler\":\"echo\",\"max_attempts\":0},{},{\"handler\":\"echo\",\"extra\":1},"
                        + "{\"handler\":\"echo\",\"idempotency_key\":\"two words\"},{\"handler\":\"echo\",\"review\":true},"
                        + "{\"source_type\":\"s3\",\"s3_key\":\"a\"},{\"source_type\":\"ftp\"},{\"handler\":\"echo\",\"input\":[]},"
                        + "{\"handler\":\"echo\",\"run_after\":\"soon\"},{\"handler\":\"echo\",\"idempotency_key\":7},{\"handler\":\"echo\"}]");
        answer.is(202);
        var json = answer.json();
        assertThat(json.path("accepted").asInt()).isEqualTo(2);
        assertThat(json.path("refused").asInt()).isEqualTo(12);
        assertRefused(json, 1, 400, "UNKNOWN_QUEUE", "queue", "urgent, default, slow");
        assertRefused(json, 2, 400, "UNKNOWN_HANDLER", "handler", "echo");
        assertRefused(json, 3, 400, "INVALID_FIELD", "max_attempts", "1 to 1000");
        assertRefused(json, 4, 400, "INVALID_FIELD", "handler", "given");
        assertRefused(json, 5, 400, "UNKNOWN_FIELD", "extra", "known");
        assertRefused(json, 6, 400, "INVALID_FIELD", "idempotency_key", "255");
        assertRefused(json, 7, 400, "INVALID_FIELD", "review", "process_document");
        assertRefused(json, 8, 400, "INVALID_FIELD", "source_type", "S3_BUCKET");
        assertRefused(json, 9, 400, "INVALID_FIELD", "source_type", "s3");
        assertRefused(json, 10, 400, "INVALID_FIELD", "input", "object");
        assertRefused(json, 11, 400, "INVALID_FIELD", "run_after", "time");
        assertRefused(json, 12, 400, "INVALID_FIELD", "idempotency_key", "text");
        assertThat(json.at("/items/0/job_id").asText()).isNotEmpty();
        assertThat(json.at("/items/13/job_id").asText()).isNotEmpty();
        api.assertHolds(2, 0);
    }

    static void assertRefused(JsonNode answer, int item, int status, String code, String field, String words) {
        var problem = answer.at("/items/" + item + "/problem");
        assertThat(problem.path("status").asInt()).as("%s", answer).isEqualTo(status);
        assertThat(problem.path("code").asText()).as("item %d", item).isEqualTo(code);
        assertThat(problem.at("/errors/0/field").asText()).isEqualTo("items[" + item + "]." + field);
        assertThat(problem.path("detail").asText()).contains(words);
    }

    @Test
    void whenAllAreRefusedTheRequestIsToo() {
        var answer = send("[{\"handler\":\"nobody\"},{\"handler\":\"echo\",\"queue\":\"fast\"}]")
                .isProblem(422, "ALL_REFUSED", null);
        assertRefused(answer.json(), 0, 400, "UNKNOWN_HANDLER", "handler", "echo");
        assertRefused(answer.json(), 1, 400, "UNKNOWN_QUEUE", "queue", "urgent");
        api.assertNothingIsLeft();
    }

    @Test
    void keysOfItemsStandForOneJobEach() {
        var item = "{\"handler\":\"echo\",\"input\":{\"n\":%d},\"idempotency_key\":\"%s\"}";
        var one = item.formatted(1, "a");
        var first = send("[" + one + "," + one + "," + item.formatted(2, "a") + "," + item.formatted(2, "b") + "]")
                .is(202);
        assertThat(first.json().path("accepted").asInt()).isEqualTo(2);
        assertThat(first.json().at("/items/1/already_existed").asBoolean()).isTrue();
        assertThat(first.json().at("/items/1/job_id")).isEqualTo(first.json().at("/items/0/job_id"));
        assertRefused(first.json(), 2, 422, "IDEMPOTENCY_KEY_REUSED", "idempotency_key", "a");

        var again = send("[" + one + "," + item.formatted(2, "b") + "]").is(200);
        assertThat(again.json().path("already_existed").asInt()).isEqualTo(2);
        assertThat(again.json().path("batch_id"))
                .as("where they are")
                .isEqualTo(first.json().path("batch_id"));
        api.enqueue("{\"handler\":\"echo\",\"input\":{\"n\":1}}", "Idempotency-Key", "a")
                .is(200);
        api.assertHolds(2, 0);

        var more = send("[" + one + "," + item.formatted(3, "c") + "]").is(202);
        assertThat(more.json().path("batch_id")).isNotEqualTo(first.json().path("batch_id"));
        api.enqueue("{\"handler\":\"echo\"}", "Idempotency-Key", "alone").is(202);
        var mixed = send("[" + one + ",{\"handler\":\"echo\",\"idempotency_key\":\"alone\"}]")
                .is(200);
        assertThat(mixed.json().path("batch_id").isNull())
                .as("they belong to no one batch")
                .isTrue();
    }

    @Test
    void keyOfTheRequestStandsForEachOfItsItems() {
        var first = send(echoes(3), "Idempotency-Key", "k").is(202);
        var again = send(echoes(3), "Idempotency-Key", "k").is(200);
        assertThat(ids(again)).isEqualTo(ids(first));
        assertThat(again.json().path("batch_id")).isEqualTo(first.json().path("batch_id"));
        assertThat(ids(send(echoes(3), "Idempotency-Key", "k", "X-Realm", "other")
                        .is(202)))
                .doesNotContainAnyElementsOf(ids(first));
        var changed = send("[" + ECHO.formatted(0) + "," + ECHO.formatted(7) + "]", "Idempotency-Key", "k")
                .is(200);
        assertThat(changed.json().at("/items/1/problem/code").asText()).isEqualTo("IDEMPOTENCY_KEY_REUSED");
        assertThat(changed.json().at("/items/1/problem/errors/0/field").asText())
                .isEqualTo("Idempotency-Key");
        assertThat(changed.json().at("/items/1/problem/detail").asText())
                .startsWith("Idempotency-Key k was sent before with other content");
        var own = "[{\"handler\":\"echo\",\"input\":{\"n\":%d},\"idempotency_key\":\"own-1\"}]";
        send(own.formatted(1)).is(202);
        assertThat(send(own.formatted(2))
                        .is(422)
                        .json()
                        .at("/items/0/problem/detail")
                        .asText())
                .startsWith("idempotency_key own-1 was sent before");
        api.assertHolds(7, 0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[]|INVALID_FIELD|items|1 to 1000, not 0",
                "{}|MALFORMED_JSON|body|array",
                "{\"handler\":\"echo\"}|MALFORMED_JSON|body|array",
                "null|MALFORMED_JSON|body|array",
                "''|MALFORMED_JSON|body|",
                "[{\"handler\":\"echo\"},7]|INVALID_FIELD|items[1]|object",
                "[[{\"handler\":\"echo\"}]]|INVALID_FIELD|items[0]|object",
                "[null]|INVALID_FIELD|items[0]|object",
                "[{\"handler\":\"echo\"}|MALFORMED_JSON|body|line 1",
                "[{\"handler\":\"echo\"}] x|MALFORMED_JSON|body|line 1",
                "[{\"handler\":\"echo\",\"handler\":\"echo\"}]|MALFORMED_JSON|body|handler",
                "[{\"handler\":\"echo\",\"input\":{\"n\":1e400}}]|MALFORMED_JSON|body|number"
            })
    void whatIsNoArrayOfSubmissionsIsRefusedWhole(String body, String code, String field, String words) {
        send(body).isProblem(400, code, field).says(words == null ? "" : words);
        api.assertNothingIsLeft();
    }

    @Test
    void tooManyAreRefusedWhole() throws IOException {
        send(echoes(1_001)).isProblem(400, "INVALID_FIELD", "items").says("1001");
        api.send("POST", "/pipeline/enqueue/batch", echoes(1).getBytes(StandardCharsets.UTF_8))
                .isProblem(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
        assertThat(api.raw(
                        "POST /pipeline/enqueue/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                + "Connection: close\r\nContent-Length: 11000000\r\n\r\n"))
                .startsWith("HTTP/1.1 413")
                .contains("BODY_TOO_LARGE");
        send(echoes(1), "X-Realm", "a/b").isProblem(400, "INVALID_FIELD", "X-Realm");
        send(echoes(1), "Idempotency-Key", "a b").isProblem(400, "INVALID_FIELD", "Idempotency-Key");
        api.assertNothingIsLeft();
    }

    private static List<String> inRedis(QueueName queue) {
        try (var jedis = new Jedis(URI.create(TestServers.redis().url()))) {
            return jedis.lrange(JobQueue.key(queue), 0, -1).stream()
                    .map(entry -> JobQueue.parse(entry).orElseThrow().id().toString())
                    .toList();
        }
    }

    private static long pushes() {
        try (var jedis = new Jedis(URI.create(TestServers.redis().url()))) {
            var calls = Pattern.compile("cmdstat_rpush:calls=(\\d+)").matcher(jedis.info("commandstats"));
            return calls.find() ? Long.parseLong(calls.group(1)) : 0;
        }
    }
}
