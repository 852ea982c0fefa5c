package io.jobtrail.bench.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.client.JobtrailClient;
import io.jobtrail.client.JobtrailException;
import io.jobtrail.client.Submission;
import io.jobtrail.config.Json;
import io.jobtrail.testbed.Ports;
import io.jobtrail.testbed.PostgresServer;
import io.jobtrail.testbed.RedisServer;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/**
 * Every secret and everything that people and handlers write is a word of its own here, like a canary in a mine: after success,
 * failure, retry, wrong keys, bad input and outages none of them stands in what any process has logged, at DEBUG.
 */
class CanarySystemTest {
    private static final String MARK =
            "canary" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);

    private static final String ADMIN_KEY = MARK + "admin";
    private static final String WRONG_KEY = MARK + "wrong";
    private static final String POSTGRES_PASSWORD = MARK + "postgres";
    private static final String REDIS_PASSWORD = MARK + "redis";
    private static final String EMBEDDINGS_KEY = "sk-" + MARK + "openai";
    private static final String TEXT = MARK + "text";
    private static final String REFUSED = MARK + "refused";
    private static final String FILE_NAME = MARK + "name.txt";
    private static final String WORDS = MARK + "words";
    private static final String INPUT = MARK + "input";

    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String SENDER = "b7ad6b7169203331";
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @TempDir
    private Path directory;

    private ObservedSystem system;
    private RedisServer redis;
    private String realmKey;

    @Test
    void neitherSecretsNorContentGetIntoALog() throws Exception {
        var logs = Files.createDirectory(directory.resolve("logs"));
        handlerJar(Files.createDirectory(directory.resolve("handlers")).resolve("canary.jar"));
        try (var embeddings = new TalkativeEmbeddings(REFUSED);
                var postgres = PostgresServer.start(directory.resolve("postgres"));
                var ownRedis = RedisServer.start(directory.resolve("redis"))) {
            redis = ownRedis;
            requirePassword();
            postgres.createDatabase("jobtrail");
            system = new ObservedSystem(logs, settings(postgres.url("jobtrail"), embeddings));
            try (var running = system) {
                running.start();
                realmKey = realmKey();
                itsWorkIsDone();
                itsTracesGoOn(embeddings.traces());
                itIsRefused();
                redisGoesAway();
                postgresGoesAway(postgres);
                system.run("api", Map.of(), "config");
                system.run("worker", Map.of(), "doctor");
                var nowhere = settings(postgres.url("jobtrail"), embeddings)
                        .get("DATABASE_URL")
                        .replaceAll(":\\d+/", ":" + Ports.free() + "/");
                assertThat(system.run("api", Map.of("DATABASE_URL", nowhere), "doctor"))
                        .isNotZero();
                assertThat(system.run("worker", Map.of("DATABASE_URL", nowhere), "doctor"))
                        .isNotZero();
            }
        }
        noneOfItIsIn(system.logs());
        linesAboutAJobSaySo(system.logs());
    }

    private Map<String, String> settings(String postgres, TalkativeEmbeddings embeddings) {
        var settings = new HashMap<String, String>();
        settings.put("LOG_FORMAT", "json");
        settings.put("LOG_LEVEL", "DEBUG");
        settings.put("ADMIN_API_KEY", ADMIN_KEY);
        settings.put("DATABASE_URL", postgres.replaceFirst("postgres@", "postgres:" + POSTGRES_PASSWORD + "@"));
        settings.put("REDIS_URL", redis.url().replaceFirst("//", "//:" + REDIS_PASSWORD + "@"));
        settings.put("OPENAI_API_KEY", EMBEDDINGS_KEY);
        settings.put("EMBEDDINGS_URL", embeddings.url());
        settings.put("HANDLERS_DIR", directory.resolve("handlers").toString());
        settings.put("LEASE_SECONDS", "6");
        settings.put("HEARTBEAT_SECONDS", "1");
        return settings;
    }

    private void requirePassword() {
        try (var jedis = new Jedis(URI.create(redis.url()))) {
            jedis.configSet("requirepass", REDIS_PASSWORD);
        }
    }

    private static void handlerJar(Path file) throws IOException {
        var type = CanaryHandler.class.getName();
        var entry = type.replace('.', '/') + ".class";
        try (var jar = new JarOutputStream(Files.newOutputStream(file));
                var bytes = Objects.requireNonNull(
                        CanaryHandler.class.getClassLoader().getResourceAsStream(entry), entry)) {
            jar.putNextEntry(new JarEntry(entry));
            bytes.transferTo(jar);
            jar.putNextEntry(new JarEntry("META-INF/services/io.jobtrail.handler.JobHandler"));
            jar.write(type.getBytes(StandardCharsets.UTF_8));
        }
    }

    private String realmKey() throws IOException {
        var made = system.post(
                "/pipeline/keys",
                "{\"realm\":\"north\",\"role\":\"operate\",\"label\":\"canary\"}",
                "X-Admin-Key",
                ADMIN_KEY);
        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
        return Json.MAPPER.readTree(made.body()).path("key").asText();
    }

    private JobtrailClient client() {
        return system.client().key(realmKey);
    }

    private UUID upload(String text) {
        var traced = Submission.usual().traceparent("00-" + TRACE + "-" + SENDER + "-01");
        return client().enqueue(FILE_NAME, text.getBytes(StandardCharsets.UTF_8), traced)
                .jobId();
    }

    private void itsWorkIsDone() {
        var good = upload("The word is " + TEXT + ". It stands in a document that is read to its end.");
        var refused = upload("The word is " + REFUSED + ". The service does not like it.");
        var failing = client().enqueue(
                        Map.of("words", WORDS),
                        Submission.usual().handler("canary").maxAttempts(3))
                .jobId();
        assertThat(client().await(good, LIMIT).isFinished()).isTrue();
        assertThat(client().await(refused, LIMIT).errorCode()).isEqualTo("EMBEDDINGS_REFUSED");
        assertThat(client().await(failing, LIMIT).isFinished()).isTrue();
        assertThat(client().status(failing).attempt()).isEqualTo(3);
        assertThat(client().history(good).verified()).isTrue();
    }

    private static void itsTracesGoOn(List<String> traces) {
        assertThat(traces)
                .hasSizeGreaterThanOrEqualTo(2)
                .allMatch(trace -> trace.matches("00-" + TRACE + "-[0-9a-f]{16}-01"));
        assertThat(traces).as("each attempt is a span of its own").doesNotHaveDuplicates();
        assertThat(traces).noneMatch(trace -> trace.contains(SENDER));
    }

    private void itIsRefused() {
        assertThatThrownBy(() -> system.client().key(WRONG_KEY).status(UUID.randomUUID()))
                .isInstanceOf(JobtrailException.Refused.class);
        assertThat(system.get("/pipeline/stats", "Authorization", "Bearer " + WRONG_KEY)
                        .statusCode())
                .isEqualTo(401);
        for (var body : List.of(
                "{\"handler\":\"" + INPUT + "\"}",
                "{\"handler\":\"canary\",\"" + INPUT + "\":1}",
                "{\"handler\":\"canary\",\"input\":" + INPUT,
                "{\"handler\":\"canary\",\"options\":\"" + INPUT + "\"}")) {
            assertThat(system.post("/pipeline/enqueue", body, "X-Admin-Key", realmKey)
                            .statusCode())
                    .as(body)
                    .isEqualTo(400);
        }
        assertThat(system.get("/pipeline/status/" + INPUT, "X-Admin-Key", realmKey)
                        .statusCode())
                .isEqualTo(400);
    }

    /** And comes back without the password that it wanted before, so that it refuses the one it is sent. */
    private void redisGoesAway() {
        redis.kill();
        assertThat(client().await(upload("Redis is away. " + TEXT + " is not."), LIMIT)
                        .isFinished())
                .isTrue();
        redis.startAgain();
        assertThat(client().await(upload("Redis is open. " + TEXT + " is, too."), LIMIT)
                        .isFinished())
                .isTrue();
        requirePassword();
        await().atMost(LIMIT).until(() -> health().at("/checks/redis").asText().equals("up"));
    }

    private void postgresGoesAway(PostgresServer postgres) {
        postgres.stopImmediately();
        var answer = system.post(
                "/pipeline/enqueue",
                "{\"handler\":\"canary\",\"input\":{\"words\":\"" + INPUT + "\"}}",
                "X-Admin-Key",
                realmKey);
        assertThat(answer.statusCode()).isEqualTo(503);
        await().atMost(LIMIT).until(() -> logLines("worker.log").anyMatch(line -> line.contains("Postgres")));
        postgres.startAgain();
        await().atMost(LIMIT)
                .until(() -> health().at("/checks/postgres").asText().equals("up"));
        assertThat(client().await(upload("Postgres is back. " + TEXT + " is, too."), LIMIT)
                        .isFinished())
                .isTrue();
    }

    private JsonNode health() throws IOException {
        return Json.MAPPER.readTree(system.get("/health").body());
    }

    private Stream<String> logLines(String name) {
        return system.logs().getOrDefault(name, List.of()).stream();
    }

    private void noneOfItIsIn(Map<String, List<String>> logs) {
        var found = new ArrayList<String>();
        logs.forEach((name, lines) -> lines.stream()
                .filter(line -> line.contains(MARK) || line.contains(realmKey))
                .forEach(line -> found.add(name + ": " + line)));
        assertThat(found).isEmpty();
    }

    /** Which also says that there was something to find a canary in. */
    private static void linesAboutAJobSaySo(Map<String, List<String>> logs) throws IOException {
        assertThat(logs).containsKeys("api.log", "worker.log", "api-that-ends.log", "worker-that-ends.log");
        for (var name : List.of("api.log", "worker.log")) {
            assertThat(logs.get(name)).as(name).anyMatch(line -> line.contains("\"level\":\"DEBUG\""));
            for (var line : logs.get(name)) {
                assertThat(Json.MAPPER.readTree(line).path("formattedMessage").isTextual())
                        .as(line)
                        .isTrue();
            }
        }
        assertThat(contexts(logs.get("worker.log"), " is retrying"))
                .isNotEmpty()
                .allSatisfy(mdc -> assertThat(mdc).containsKeys("job_id", "realm", "queue", "attempt"));
        assertThat(contexts(logs.get("worker.log"), " attempt 1 is finished"))
                .isNotEmpty()
                .allSatisfy(mdc -> assertThat(mdc)
                        .containsKeys("job_id", "queue", "attempt", "span_id")
                        .containsEntry("realm", "north")
                        .containsEntry("trace_id", TRACE));
        assertThat(contexts(logs.get("api.log"), "Redis did not take"))
                .isNotEmpty()
                .allSatisfy(mdc -> assertThat(mdc)
                        .containsKeys("request_id", "job_id", "queue")
                        .containsEntry("realm", "north")
                        .containsEntry("trace_id", TRACE));
        assertThat(contexts(logs.get("api.log"), "Postgres cannot be used"))
                .isNotEmpty()
                .allSatisfy(mdc -> assertThat(mdc).containsKey("request_id"));
    }

    private static List<Map<String, String>> contexts(List<String> lines, String words) throws IOException {
        var contexts = new ArrayList<Map<String, String>>();
        for (var line : lines) {
            var json = Json.MAPPER.readTree(line);
            if (json.path("formattedMessage").asText().contains(words)) {
                var context = new HashMap<String, String>();
                json.path("mdc")
                        .properties()
                        .forEach(entry ->
                                context.put(entry.getKey(), entry.getValue().asText()));
                contexts.add(context);
            }
        }
        return contexts;
    }
}
