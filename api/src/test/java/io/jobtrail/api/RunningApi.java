package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.config.Settings;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.JobtrailDatabase;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** The web process as one test class sees it: on a port of its own, with a database of its own, spoken to over real HTTP. */
final class RunningApi implements AutoCloseable {
    private static final int ROOM = 16 << 20;
    private static final AtomicInteger ELSEWHERE = new AtomicInteger();

    final JobtrailDatabase database;
    final ApiServer server;

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    private final Runnable afterwards;
    private final int room;

    private RunningApi(JobtrailDatabase database, ApiServer server) {
        this(database, server, database::close);
    }

    private RunningApi(JobtrailDatabase database, ApiServer server, Runnable afterwards) {
        this.database = database;
        this.server = server;
        this.afterwards = afterwards;
        room = server.staging().room();
    }

    /** @param settings names and values of environment variables; an empty value = not set */
    static RunningApi start(String... settings) {
        var database = forApi();
        return new RunningApi(database, ApiServer.start(settings(database.environmentUrl(), settings)));
    }

    /** One whose health is asked afresh much more often than usual. */
    static RunningApi startEagerly(String... settings) {
        var database = forApi();
        return new RunningApi(
                database, ApiServer.start(settings(database.environmentUrl(), settings), Duration.ofMillis(50), ROOM));
    }

    private static JobtrailDatabase forApi() {
        var database = JobtrailDatabase.fresh();
        database.asOwner(
                "INSERT INTO pipeline_handlers (name) VALUES ('process_document'), ('echo') ON CONFLICT DO NOTHING");
        return database;
    }

    /** One with so many bytes of memory for all files that are coming in. */
    static RunningApi startWithRoom(int bytes) {
        var database = forApi();
        return new RunningApi(
                database, ApiServer.start(settings(database.environmentUrl()), Duration.ofSeconds(1), bytes));
    }

    /** A further one on a database that somebody else closes, as another user of it. */
    static RunningApi on(JobtrailDatabase database, String url, String... settings) {
        return new RunningApi(database, ApiServer.start(settings(url, settings)), () -> {});
    }

    /** A header for a request from an address that no other came from, where one proxy is trusted. */
    static Stream<String> fromElsewhere() {
        return Stream.of(
                "X-Forwarded-For", "10." + ELSEWHERE.incrementAndGet() % 256 + "." + ELSEWHERE.get() / 256 + ".1");
    }

    /** A key with the label "test". */
    String newKey(String adminKey, String realm, String role) {
        var body = "{\"realm\":\"%s\",\"role\":\"%s\",\"label\":\"test\"}".formatted(realm, role);
        return send(
                        "POST",
                        "/pipeline/keys",
                        body.getBytes(StandardCharsets.UTF_8),
                        "X-Admin-Key",
                        adminKey,
                        "Content-Type",
                        "application/json")
                .is(201)
                .json()
                .path("key")
                .asText();
    }

    /** Another process of the same system. */
    RunningApi another(String... settings) {
        return new RunningApi(database, ApiServer.start(settings(database.environmentUrl(), settings)), () -> {});
    }

    /** One that reaches Postgres through the proxy only; what tests look up goes past it. */
    static RunningApi through(TcpProxy proxy) {
        var database = JobtrailDatabase.fresh();
        database.asOwner("INSERT INTO pipeline_handlers (name) VALUES ('echo') ON CONFLICT DO NOTHING");
        var port = ":" + TestServers.postgres().port() + "/";
        var url = database.environmentUrl().replace(port, ":" + proxy.port() + "/");
        return new RunningApi(database, ApiServer.start(settings(url)));
    }

    static Settings settings(String databaseUrl, String... more) {
        var environment = new HashMap<>(Map.of(
                "DATABASE_URL", databaseUrl,
                "REDIS_URL", TestServers.redis().url(),
                "PORT", "0",
                "DB_POOL_MIN", "0",
                "DB_POOL_MAX", "6"));
        for (int i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        environment.values().removeIf(String::isEmpty);
        return Settings.fromEnvironment(environment);
    }

    /** The same without waiting for the answer. */
    CompletableFuture<Answer> later(String path, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(Duration.ofSeconds(70));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray())
                .thenApply(answer -> new Answer(answer.statusCode(), answer.headers(), answer.body()));
    }

    /** The value of one line of /metrics. */
    double metric(String line) {
        return get("/metrics")
                .text()
                .lines()
                .filter(one -> one.startsWith(line + " "))
                .mapToDouble(one -> Double.parseDouble(one.substring(line.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    Answer get(String path, String... headers) {
        return exchange("GET", path, BodyPublishers.noBody(), headers);
    }

    Answer upload(Form form, String... headers) {
        return send("POST", "/pipeline/enqueue", form.bytes(), with(headers, "Content-Type", form.contentType()));
    }

    Answer enqueue(String json, String... headers) {
        return send(
                "POST",
                "/pipeline/enqueue",
                json.getBytes(StandardCharsets.UTF_8),
                with(headers, "Content-Type", "application/json"));
    }

    Answer send(String method, String path, byte[] body, String... headers) {
        return exchange(
                method, path, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body), headers);
    }

    /** The same without a declared length. */
    Answer sendChunked(String path, byte[] body, String... headers) {
        return exchange("POST", path, BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)), headers);
    }

    private Answer exchange(String method, String path, BodyPublisher body, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(Duration.ofSeconds(30))
                .method(method, body);
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            var response = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            return new Answer(response.statusCode(), response.headers(), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A connection for requests that no HTTP client would send. */
    Socket connect() throws IOException {
        var socket = new Socket("127.0.0.1", server.port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    /** Sends the bytes as they are and answers all that comes back until the server closes the connection. */
    String raw(byte[]... pieces) throws IOException {
        try (var socket = connect()) {
            for (var piece : pieces) {
                socket.getOutputStream().write(piece);
            }
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    String raw(String request) throws IOException {
        return raw(request.getBytes(StandardCharsets.ISO_8859_1));
    }

    long count(String table) {
        return database.runtime()
                .first("SELECT count(*) FROM " + table, row -> row.getLong(1))
                .orElseThrow();
    }

    /** The value of one column of one job, as text. */
    String column(Object job, String column) {
        return database.runtime()
                .list(
                        "SELECT (%s)::text FROM pipeline_jobs WHERE id = ?".formatted(column),
                        row -> row.getString(1),
                        job)
                .get(0);
    }

    List<Path> temporaryFiles() {
        try (var files = Files.list(server.staging().directory())) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void assertNothingIsLeft() {
        assertHolds(0, 0);
        assertThat(count("pipeline_document_parts")).isZero();
    }

    void assertHolds(long jobs, long documents) {
        assertThat(count("pipeline_jobs")).as("jobs").isEqualTo(jobs);
        assertThat(count("pipeline_documents")).as("documents").isEqualTo(documents);
        // A sender that has left is noticed a little later.
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(temporaryFiles()).isEmpty());
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(
                        () -> assertThat(server.staging().room()).as("room").isEqualTo(room));
    }

    private static String[] with(String[] headers, String name, String value) {
        var all = java.util.Arrays.copyOf(headers, headers.length + 2);
        all[headers.length] = name;
        all[headers.length + 1] = value;
        return all;
    }

    @Override
    public void close() {
        server.close();
        afterwards.run();
    }
}
