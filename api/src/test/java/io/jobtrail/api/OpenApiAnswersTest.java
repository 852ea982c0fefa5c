package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.QueueName;
import io.jobtrail.store.WorkerRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * What the running server answers when it does what was asked, or finds that it cannot, is what the document says: each status,
 * media type, header and member, and nothing beside. What it refuses before that is the matter of {@link OpenApiRefusalsTest}.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OpenApiAnswersTest {
    private static final String ADMIN = "a-key-for-the-tests";
    private static final String NOBODY = "01a20109-be74-7000-9b7e-bcbd8005ded9";
    private static final byte[] TEXT = "text".getBytes(StandardCharsets.UTF_8);

    /** Those that this class has to bring about for each operation that lists them. */
    private static final Set<Integer> STATUSES = Set.of(200, 201, 202, 204, 304, 404, 409, 422);

    private static final String A_KEY = "{\"realm\":\"a\",\"role\":\"read\",\"label\":\"x\"}";

    @AutoClose
    private static final RunningApi api = RunningApi.start("MAX_EVENT_CLIENTS", "1");

    private static final JobsToTellOf jobs = new JobsToTellOf(api.database);
    private static final OpenApiDocument document = OpenApiDocument.of(api);

    /** @param path below which the variables of the operation's path have values */
    private static Answer send(int status, String operation, String path, String body, String... headers) {
        return send(api, status, operation, path, body, headers);
    }

    private static Answer send(
            RunningApi to, int status, String operation, String path, String body, String... headers) {
        var all = Stream.concat(
                        Stream.of(headers),
                        body == null ? Stream.empty() : Stream.of("Content-Type", "application/json"))
                .toArray(String[]::new);
        var answer = to.send(
                operation.split(" ")[0], path, body == null ? null : body.getBytes(StandardCharsets.UTF_8), all);
        return document.describes(operation, answer.is(status));
    }

    private static Answer get(int status, String operation, String path, String... headers) {
        return send(status, operation, path, null, headers);
    }

    private static Answer upload(int status, String operation, Form form, String... headers) {
        var all = Stream.concat(Stream.of(headers), Stream.of("Content-Type", form.contentType()))
                .toArray(String[]::new);
        return document.describes(
                operation,
                api.send("POST", operation.split(" ")[1], form.bytes(), all).is(status));
    }

    @Test
    void enqueue() {
        var operation = "POST /pipeline/enqueue";
        upload(202, operation, Form.text("a"), "Idempotency-Key", "k-1");
        upload(200, operation, Form.text("a"), "Idempotency-Key", "k-1");
        upload(422, operation, Form.text("b"), "Idempotency-Key", "k-1");
        upload(400, operation, Form.of("a.txt", new byte[0]));
        var body = "{\"handler\":\"echo\",\"input\":{\"a\":1}}";
        send(202, operation, "/pipeline/enqueue", body, "Idempotency-Key", "k-2", "X-Realm", "other");
        send(200, operation, "/pipeline/enqueue", body, "Idempotency-Key", "k-2", "X-Realm", "other");
        send(400, operation, "/pipeline/enqueue", "{\"handler\":\"nobody\"}");
        send(400, operation, "/pipeline/enqueue", "{");
    }

    @Test
    void manyJobsAtOnce() {
        var operation = "POST /pipeline/enqueue/batch";
        var path = "/pipeline/enqueue/batch";
        var mixed = "[{\"handler\":\"echo\",\"idempotency_key\":\"m-1\"},{\"handler\":\"echo\",\"queue\":\"fast\"}]";
        var batch = send(202, operation, path, mixed).json().path("batch_id").asText();
        send(200, operation, path, mixed);
        send(422, operation, path, "[{\"handler\":\"nobody\"},{\"handler\":\"echo\",\"extra\":1}]");
        send(200, operation, path, "[{\"handler\":\"echo\",\"idempotency_key\":\"m-1\"}]");
        get(200, "GET /pipeline/batch-status/{batch_id}", "/pipeline/batch-status/" + batch + "?limit=1");
        get(404, "GET /pipeline/batch-status/{batch_id}", "/pipeline/batch-status/" + NOBODY);
    }

    @Test
    void manyFilesAtOnce() {
        var operation = "POST /pipeline/batch";
        var batch = upload(202, operation, Form.texts("a", "b"), "Idempotency-Key", "f-1")
                .json()
                .path("batch_id")
                .asText();
        upload(200, operation, Form.texts("a", "b"), "Idempotency-Key", "f-1");
        upload(422, operation, Form.texts("a", "c"), "Idempotency-Key", "f-1");
        upload(400, operation, Form.texts("a", ""));
        api.database.asOwner("UPDATE pipeline_jobs SET deleted_at = NULL WHERE batch_id = '" + batch + "'");
        get(200, "GET /pipeline/batch-status/{batch_id}", "/pipeline/batch-status/" + batch);
    }

    @Test
    void status() {
        var operation = "GET /pipeline/status/{id}";
        var waiting = api.upload(Form.text("s")).is(202).jobId();
        var etag = get(200, operation, "/pipeline/status/" + waiting).header("ETag");
        get(304, operation, "/pipeline/status/" + waiting, "If-None-Match", etag);
        get(200, operation, "/pipeline/status/" + jobs.running().id());
        get(200, operation, "/pipeline/status/" + jobs.finished().id());
        get(200, operation, "/pipeline/status/" + jobs.finished().id() + "?wait=1");
        get(200, operation, "/pipeline/status/" + jobs.failed());
        get(200, operation, "/pipeline/status/" + jobs.asking());
        get(404, operation, "/pipeline/status/" + NOBODY);
        get(400, operation, "/pipeline/status/x");
        get(400, operation, "/pipeline/status/" + waiting + "?wait=61");
        var retrying = jobs.running();
        api.database.store().fail(retrying, "BUSY", "come again", false, Duration.ofHours(1));
        get(200, operation, "/pipeline/status/" + retrying.id());
    }

    @Test
    void lists() {
        var operation = "GET /pipeline/jobs/recent";
        jobs.finished();
        jobs.failed();
        jobs.asking();
        get(200, operation, "/pipeline/jobs/recent?limit=2&realm=default");
        get(200, operation, "/pipeline/jobs/recent?status=finished&queue=default&handler=process_document&q=a");
        get(200, operation, "/pipeline/jobs/recent?batch=" + NOBODY + "&error_code=NO_TEXT");
        get(200, "GET /pipeline/stats", "/pipeline/stats");
    }

    @Test
    void whatIsKnownOfOneJob() {
        var done = jobs.finished().id();
        var path = "/pipeline/jobs/" + done;
        get(200, "GET /pipeline/jobs/{id}/history", path + "/history");
        get(200, "GET /pipeline/jobs/{id}/result", path + "/result");
        get(200, "GET /pipeline/jobs/{id}/result", "/pipeline/jobs/" + jobs.failed() + "/result");
        get(200, "GET /pipeline/jobs/{id}/chunks", path + "/chunks?limit=1");
        get(200, "GET /pipeline/jobs/{id}/chunks", path + "/chunks");
        get(404, "GET /pipeline/jobs/{id}/file", path + "/file");
        var sent = api.upload(Form.text("f")).is(202).jobId();
        get(200, "GET /pipeline/jobs/{id}/file", "/pipeline/jobs/" + sent + "/file");
        get(409, "GET /pipeline/jobs/{id}/result", "/pipeline/jobs/" + sent + "/result");
        for (var part : List.of("history", "result", "chunks")) {
            get(404, "GET /pipeline/jobs/{id}/" + part, "/pipeline/jobs/" + NOBODY + "/" + part);
        }
        var tampered = api.database.aJob().insert();
        api.database.asOwner(
                "ALTER TABLE pipeline_job_events DISABLE TRIGGER ALL",
                "UPDATE pipeline_job_events SET actor = 'somebody else' WHERE job_id = '" + tampered + "'",
                "ALTER TABLE pipeline_job_events ENABLE TRIGGER ALL");
        get(200, "GET /pipeline/jobs/{id}/history", "/pipeline/jobs/" + tampered + "/history");
    }

    @Test
    void actions() {
        var act = "POST /pipeline/jobs/{id}";
        var id = jobs.failed();
        send(200, act, "/pipeline/jobs/" + id, "{\"action\":\"retry\",\"reason\":\"again\"}");
        send(409, act, "/pipeline/jobs/" + id, "{\"action\":\"retry\"}");
        send(200, act, "/pipeline/jobs/" + jobs.running().id(), "{\"action\":\"cancel\"}");
        send(404, act, "/pipeline/jobs/" + NOBODY, "{\"action\":\"cancel\"}");
        var delete = "DELETE /pipeline/jobs/{id}";
        send(200, delete, "/pipeline/jobs/" + id + "?reason=done", null);
        send(404, delete, "/pipeline/jobs/" + id, null);
        var bulk = "{\"action\":\"retry\",\"ids\":[\"%s\",\"%s\",\"%s\"]}"
                .formatted(jobs.failed(), jobs.running().id(), NOBODY);
        send(200, "POST /pipeline/jobs/bulk", "/pipeline/jobs/bulk", bulk);
        jobs.failed();
        jobs.failed();
        var filter = "{\"action\":\"delete\",\"filter\":{\"status\":\"failed\"},\"limit\":1,\"reason\":\"old\"}";
        send(200, "POST /pipeline/jobs/bulk", "/pipeline/jobs/bulk", filter);
    }

    @Test
    void questions() {
        var prompt = "GET /pipeline/hitl/{id}/prompt";
        var respond = "POST /pipeline/hitl/{id}/response";
        var id = jobs.asking();
        var path = "/pipeline/hitl/" + id;
        get(200, prompt, path + "/prompt");
        send(400, respond, path + "/response", "{\"answer\":\"perhaps\"}");
        send(200, respond, path + "/response", "{\"answer\":{\"action\":\"approve\"},\"confidence\":0.9}");
        send(409, respond, path + "/response", "{\"answer\":\"approve\"}");
        get(404, prompt, path + "/prompt");
        get(404, prompt, "/pipeline/hitl/" + NOBODY + "/prompt");
        send(404, respond, "/pipeline/hitl/" + NOBODY + "/response", "{\"answer\":\"approve\"}");
    }

    @Test
    void queuesAndWorkers() {
        var registry = new WorkerRegistry(api.database.runtime());
        registry.register(
                new WorkerRegistry.Worker("one", "host", 7, List.of(QueueName.SLOW), List.of("echo"), 2, "1.2"));
        registry.beat(
                "one",
                1,
                new WorkerRegistry.Condition(
                        Duration.ofSeconds(10), Duration.ofSeconds(60), List.of(), Map.of("finished", 12)));
        registry.register(
                new WorkerRegistry.Worker("two", "host", 8, List.of(QueueName.URGENT), List.of("echo"), 2, "1.2"));
        registry.signOff("two");
        api.database
                .aJob()
                .queue(QueueName.SLOW)
                .dueAt(Instant.now().minusSeconds(100))
                .insert();
        var act = "POST /pipeline/queues/{queue}";
        send(200, act, "/pipeline/queues/slow", "{\"action\":\"pause\",\"reason\":\"disk is full\"}");
        get(200, "GET /pipeline/queues", "/pipeline/queues");
        get(200, "GET /pipeline/stats", "/pipeline/stats");
        send(200, act, "/pipeline/queues/slow", "{\"action\":\"resume\"}");
        send(400, act, "/pipeline/queues/fast", "{\"action\":\"resume\"}");
        get(200, "GET /pipeline/workers", "/pipeline/workers");
    }

    @Test
    void whatTellsOfTheProcess() {
        for (var path : List.of("/heartbeat", "/health", "/health/ready")) {
            get(200, "GET " + path, path);
        }
        get(200, "GET /metrics", "/metrics");
        for (var path : List.of("/openapi.json", "/docs", "/docs/docs.js", "/docs/docs.css")) {
            var etag = get(200, "GET " + path, path).header("ETag");
            get(304, "GET " + path, path, "If-None-Match", etag);
        }
        for (var path : List.of("/", "/dashboard/app.js", "/dashboard/style.css", "/dashboard/icon.svg")) {
            var operation = path.equals("/") ? "GET /" : "GET /dashboard/{file}";
            var etag = get(200, operation, path).header("ETag");
            get(304, operation, path, "If-None-Match", etag);
        }
        get(404, "GET /dashboard/{file}", "/dashboard/other.js");
    }

    @Test
    void events() {
        try (var reader = EventReader.of(api, "")) {
            document.describes("GET /pipeline/events", reader.answer());
            api.upload(Form.text("e")).is(202);
            document.describesEvent(reader.awaits(1).events().get(0).json());
            get(503, "GET /pipeline/events", "/pipeline/events");
        }
    }

    @Test
    void keysAndSessions() {
        var url = api.database.environmentUrl();
        try (var closed = RunningApi.on(api.database, url, "ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1")) {
            var admin = new String[] {"X-Admin-Key", ADMIN};
            var made = send(closed, 201, "POST /pipeline/keys", "/pipeline/keys", A_KEY, admin);
            var key = made.json().path("key").asText();
            send(closed, 200, "GET /pipeline/keys", "/pipeline/keys", null, admin);
            var signIn = "{\"key\":\"" + key + "\"}";
            var cookie = send(closed, 204, "POST /pipeline/session", "/pipeline/session", signIn)
                    .header("Set-Cookie")
                    .split(";")[0];
            var session = send(closed, 200, "GET /pipeline/session", "/pipeline/session", null, "Cookie", cookie);
            send(closed, 200, "GET /pipeline/session", "/pipeline/session", null, "X-Api-Key", key);
            var csrf = session.json().path("csrf_token").asText();
            var signOut = new String[] {"Cookie", cookie, "X-CSRF-Token", csrf};
            send(closed, 204, "DELETE /pipeline/session", "/pipeline/session", null, signOut);
            var revoke = "DELETE /pipeline/keys/{id}";
            send(closed, 200, revoke, "/pipeline/keys/" + made.json().path("id").asText(), null, admin);
            send(closed, 404, revoke, "/pipeline/keys/" + NOBODY, null, admin);
            send(closed, 200, "GET /pipeline/access-events", "/pipeline/access-events?limit=2", null, admin);
        }
        get(200, "GET /pipeline/session", "/pipeline/session");
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void nothingIsDocumentedThatWasNotSeen() {
        assertThat(document.unseen(STATUSES)).isEmpty();
    }
}
