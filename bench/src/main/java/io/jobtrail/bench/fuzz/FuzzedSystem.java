package io.jobtrail.bench.fuzz;

import io.jobtrail.bench.process.Checkout;
import io.jobtrail.bench.process.Parts;
import io.jobtrail.bench.process.Program;
import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.testbed.ChildProcess;
import io.jobtrail.testbed.Ports;
import io.jobtrail.testbed.PostgresServer;
import io.jobtrail.testbed.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A whole Jobtrail of separate processes on this machine's loopback, as packaged, that ends with this object. Sends it nothing bad. */
final class FuzzedSystem implements AutoCloseable {
    static final String ADMIN_KEY = "the-admin-key-of-the-fuzz-run";
    static final int MAX_UPLOAD = 1 << 20;

    private static final String DATABASE = "jobtrail";
    private static final Duration READY_WITHIN = Duration.ofSeconds(90);

    /** All of the heap from the beginning on, so that what grows is a leak beside it; one within it ends the process. */
    private static final List<String> JVM_OF_API =
            List.of("-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError");

    private static final List<String> JVM_OF_WORKER =
            List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    private final Checkout checkout;
    private final Path directory;
    private final Path temporary;
    private final Parts parts = new Parts();
    private final PostgresServer postgres;
    private final Map<String, String> environment;
    private final int port = Ports.free();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Program api;

    /** @param directory of this run: logs and the servers' data */
    FuzzedSystem(Path checkout, Path directory) {
        this.checkout = new Checkout(checkout);
        this.directory = directory;
        try {
            temporary = Files.createDirectories(directory.resolve("tmp"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            postgres = parts.add(PostgresServer.start(directory.resolve("postgres")));
            var redis = parts.add(RedisServer.start(directory.resolve("redis")));
            postgres.createDatabase(DATABASE);
            environment = new HashMap<>(Map.of(
                    "DATABASE_URL",
                    postgres.url(DATABASE),
                    "REDIS_URL",
                    redis.url(),
                    "HOST",
                    "127.0.0.1",
                    "PORT",
                    Integer.toString(port),
                    "ADMIN_API_KEY",
                    ADMIN_KEY,
                    "MAX_UPLOAD_BYTES",
                    Integer.toString(MAX_UPLOAD),
                    "TRUSTED_PROXIES",
                    "1", // so that wrong keys come from many addresses
                    "RATE_LIMIT_PER_MINUTE",
                    "0",
                    "PARSER_HEAP_MB",
                    "96",
                    "WORKER_CONCURRENCY",
                    "1"));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Returns once the API is ready and work can be sent. */
    void start() {
        api = parts.add(program("api", JVM_OF_API));
        long deadline = System.nanoTime() + READY_WITHIN.toNanos();
        while (!isReady()) {
            api.requireAlive();
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("the API is not ready, see " + log("api"));
            }
            pause(Duration.ofMillis(100));
        }
        try (var owner = connect();
                var statement = owner.createStatement()) {
            // Nobody works on it, so that there is always something that waits.
            statement.execute("INSERT INTO pipeline_handlers (name) VALUES ('echo'), ('process_document')"
                    + " ON CONFLICT DO NOTHING");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        parts.add(program("worker", JVM_OF_WORKER));
    }

    private Program program(String module, List<String> jvm) {
        return Program.start(module, log(module), environment, command(module, jvm));
    }

    private List<String> command(String module, List<String> jvm, String... arguments) {
        var command = new ArrayList<>(List.of(Checkout.java(), "-Djava.io.tmpdir=" + temporary));
        command.addAll(jvm);
        command.addAll(List.of("-jar", checkout.jar(module).toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    int port() {
        return port;
    }

    Path log(String name) {
        return directory.resolve(name + ".log");
    }

    /** As the owner of the schema. */
    Connection connect() throws SQLException {
        var url = DatabaseUrl.parse(postgres.url(DATABASE));
        return DriverManager.getConnection(url.jdbcUrl(), url.user(), url.password());
    }

    boolean isReady() {
        try {
            return send("GET", "/health/ready", null, "").statusCode() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** @throws IllegalStateException with the end of its log when the API has ended */
    void requireAlive() {
        api.requireAlive();
    }

    double residentMegabytes() {
        return api.residentMegabytes();
    }

    /** Files of uploads; none is there while none is under way. */
    List<Path> uploads() {
        try (var files = Files.walk(temporary)) {
            return files.filter(file -> file.getFileName().toString().startsWith("upload-"))
                    .filter(Files::isRegularFile)
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of(); // one went away meanwhile
        }
    }

    /** @return the exit code of {@code worker --verify-trail} */
    int verifyTrail() {
        var process = ChildProcess.start(
                "verify-trail", log("verify-trail"), environment, command("worker", JVM_OF_WORKER, "--verify-trail"));
        if (!process.awaitExit(Duration.ofMinutes(5))) {
            process.kill();
        }
        return process.exitCode();
    }

    HttpResponse<String> send(String method, String path, String contentType, String body, String... headers) {
        var id = UUID.randomUUID().toString();
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(30))
                .header("X-Request-Id", id)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (contentType != null) {
            request.header("Content-Type", contentType);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            var answer = http.send(request.build(), BodyHandlers.ofString());
            if (!answer.headers().firstValue("X-Request-Id").orElse("").equals(id)) {
                throw new IllegalStateException("%s %s was answered as another request: %s"
                        .formatted(method, path, answer.headers().map()));
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the system was asked", e);
        }
    }

    static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting", e);
        }
    }

    @Override
    public void close() {
        parts.close();
    }
}
