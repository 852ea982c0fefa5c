package io.jobtrail.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.bench.process.Checkout;
import io.jobtrail.bench.process.Program;
import io.jobtrail.config.Json;
import io.jobtrail.testbed.Ports;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.JobtrailDatabase;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A summary is reviewed by a person, and between question and answer every process ends and others begin. */
class ReviewSystemTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Checkout CHECKOUT = new Checkout(ROOT);
    private static final String BOUNDARY = "----boundary-of-the-review";

    @TempDir
    private Path logs;

    private final HttpClient http = HttpClient.newHttpClient();
    private JobtrailDatabase database;
    private int port;

    @Test
    void theAnswerIsHeardByProcessesThatDidNotAsk() throws Exception {
        try (var servers = JobtrailDatabase.fresh()) {
            database = servers;
            TestServers.redis();
            String approved;
            String rejected;
            try (var api = api();
                    var worker = worker("first")) {
                approved = upload("quarterly-report.pdf");
                rejected = upload("memo.pdf");
                awaitStatus(approved, "awaiting_input");
                awaitStatus(rejected, "awaiting_input");
                assertThat(get("/pipeline/jobs/" + approved + "/chunks")
                                .path("count")
                                .asInt())
                        .as("chunks to be seen before the approval")
                        .isZero();
            }
            try (var api = api();
                    var worker = worker("second")) {
                var prompt = get("/pipeline/hitl/" + approved + "/prompt");
                assertThat(prompt.at("/content/summary").asText()).isNotBlank();
                assertThat(prompt.at("/content/filename").asText()).isEqualTo("quarterly-report.pdf");

                var answer = "{\"answer\":{\"action\":\"approve\",\"summary\":\"In short: more.\"},\"confidence\":0.9}";
                var heard = respond(approved, answer);
                assertThat(heard.statusCode()).isEqualTo(200);
                assertThat(heard.body()).isEqualTo("{\"status\":\"accepted\"}");
                var late = respond(approved, answer);
                assertThat(late.statusCode()).isEqualTo(409);
                assertThat(late.body()).contains("\"status\":\"ignored\"");
                assertThat(respond(rejected, "{\"answer\":{\"action\":\"reject\",\"feedback\":\"not ours\"}}")
                                .statusCode())
                        .isEqualTo(200);

                awaitStatus(approved, "finished");
                var job = get("/pipeline/status/" + approved);
                assertThat(job.path("stage").isNull())
                        .as("nothing was done twice")
                        .isTrue();
                assertThat(job.path("attempt").asInt()).isOne();
                var result = job.path("result");
                assertThat(result.path("summary").asText()).isEqualTo("In short: more.");
                assertThat(result.path("pages")).isEqualTo(prompt.at("/content/result/pages"));
                assertThat(result.at("/review/approved").booleanValue()).isTrue();
                assertThat(result.at("/review/edited").booleanValue()).isTrue();
                assertThat(result.at("/review/by").asText()).isEqualTo("api:127.0.0.1");
                var chunks = get("/pipeline/jobs/" + approved + "/chunks?limit=500");
                assertThat(chunks.path("count").asInt())
                        .isPositive()
                        .isEqualTo(result.path("chunks").asInt());
                assertThat(states(approved))
                        .containsExactly("queued", "running", "awaiting_input", "queued", "running", "finished");

                awaitStatus(rejected, "failed");
                job = get("/pipeline/status/" + rejected);
                assertThat(job.path("error_code").asText()).isEqualTo("REVIEW_REJECTED");
                assertThat(job.path("error").asText()).contains("api:127.0.0.1", "not ours");
                assertThat(states(rejected)).endsWith("queued", "running", "failed");
            }
        }
    }

    private Program api() {
        port = Ports.free();
        var api = start("api", "api-" + port, Map.of("PORT", Integer.toString(port), "HOST", "127.0.0.1"));
        await().atMost(Duration.ofMinutes(3)).ignoreExceptions().until(() -> {
            api.requireAlive();
            return get("/health/ready").path("status").asText().equals("ready");
        });
        return api;
    }

    private Program worker(String name) {
        return start("worker", "worker-" + name, Map.of("WORKER_CONCURRENCY", "1", "PARSER_HEAP_MB", "128"));
    }

    private Program start(String module, String name, Map<String, String> settings) {
        var environment = new HashMap<>(settings);
        environment.put("DATABASE_URL", database.environmentUrl());
        environment.put("REDIS_URL", TestServers.redis().url());
        return Program.start(
                name,
                logs.resolve(name + ".log"),
                environment,
                List.of(
                        Checkout.java(),
                        "-Xmx160m",
                        "-jar",
                        CHECKOUT.jar(module).toString()));
    }

    private String upload(String sample) throws IOException, InterruptedException {
        var body = new ByteArrayOutputStream();
        body.writeBytes(part("name=\"review\"", "true".getBytes(StandardCharsets.UTF_8)));
        body.writeBytes(part(
                "name=\"file\"; filename=\"" + sample + "\"",
                Files.readAllBytes(ROOT.resolve("samples").resolve(sample))));
        body.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.US_ASCII));
        var answer = post(
                "/pipeline/enqueue",
                "multipart/form-data; boundary=" + BOUNDARY,
                BodyPublishers.ofByteArray(body.toByteArray()));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return Json.MAPPER.readTree(answer.body()).path("job_id").asText();
    }

    private static byte[] part(String disposition, byte[] bytes) {
        var part = new ByteArrayOutputStream();
        part.writeBytes(("--" + BOUNDARY + "\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        part.writeBytes(bytes);
        part.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
        return part.toByteArray();
    }

    private HttpResponse<String> respond(String job, String answer) throws IOException, InterruptedException {
        return post("/pipeline/hitl/" + job + "/response", "application/json", BodyPublishers.ofString(answer));
    }

    private HttpResponse<String> post(String path, String type, BodyPublisher body)
            throws IOException, InterruptedException {
        return http.send(request(path).header("Content-Type", type).POST(body).build(), BodyHandlers.ofString());
    }

    private JsonNode get(String path) throws IOException, InterruptedException {
        var answer = http.send(request(path).build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).as("%s: %s", path, answer.body()).isEqualTo(200);
        return Json.MAPPER.readTree(answer.body());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(20));
    }

    private void awaitStatus(String job, String status) {
        await().atMost(Duration.ofSeconds(90))
                .untilAsserted(() -> assertThat(
                                get("/pipeline/status/" + job).path("status").asText())
                        .isEqualTo(status));
    }

    /** The states of its trail, which is sound. */
    private List<String> states(String job) throws IOException, InterruptedException {
        var history = get("/pipeline/jobs/" + job + "/history");
        assertThat(history.path("verified").booleanValue()).isTrue();
        var states = new ArrayList<String>();
        history.path("events")
                .forEach(event -> states.add(event.path("new_state").asText()));
        return states;
    }
}
