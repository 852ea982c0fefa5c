package io.jobtrail.bench.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.bench.process.Checkout;
import io.jobtrail.bench.process.Parts;
import io.jobtrail.bench.process.Program;
import io.jobtrail.client.JobtrailClient;
import io.jobtrail.testbed.Ports;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A web process and a worker as they are packaged, and what can be seen of them from outside. */
final class ObservedSystem implements AutoCloseable {
    private static final Checkout CHECKOUT =
            new Checkout(Path.of("..").toAbsolutePath().normalize());

    private final Path directory;
    private final Map<String, String> environment;
    private final int port = Ports.free();
    private final int workerPort = Ports.free();
    private final Parts parts = new Parts();
    private final HttpClient http = HttpClient.newHttpClient();

    /**
     * @param directory for the logs
     * @param settings of both processes
     */
    ObservedSystem(Path directory, Map<String, String> settings) {
        this.directory = directory;
        environment = new HashMap<>(settings);
        environment.put("HOST", "127.0.0.1");
        environment.put("PORT", Integer.toString(port));
        environment.put("WORKER_METRICS_PORT", Integer.toString(workerPort));
        environment.put("WORKER_CONCURRENCY", "2");
        environment.put("PARSER_HEAP_MB", "128");
    }

    void start() {
        var api = parts.add(program("api"));
        var worker = parts.add(program("worker"));
        await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> {
            api.requireAlive();
            worker.requireAlive();
            return get("/health").body().contains("\"workers\":1");
        });
    }

    private Program program(String module) {
        return Program.start(module, log(module), environment, command(module));
    }

    private static List<String> command(String module, String... arguments) {
        var command = new ArrayList<>(List.of(
                Checkout.java(), "-Xmx160m", "-jar", CHECKOUT.jar(module).toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** One that ends by itself, with other settings. Answers its exit code. */
    int run(String module, Map<String, String> other, String... arguments) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command(module, arguments)).redirectErrorStream(true);
        builder.redirectOutput(
                ProcessBuilder.Redirect.appendTo(log(module + "-that-ends").toFile()));
        builder.environment().putAll(environment);
        builder.environment().putAll(other);
        var process = builder.start();
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError(module + " " + List.of(arguments) + " does not end");
        }
        return process.exitValue();
    }

    private Path log(String name) {
        return directory.resolve(name + ".log");
    }

    /** All that any process has written, by the name of its log. */
    Map<String, List<String>> logs() {
        var logs = new HashMap<String, List<String>>();
        try (var files = Files.list(directory)) {
            for (var file :
                    files.filter(path -> path.toString().endsWith(".log")).toList()) {
                logs.put(file.getFileName().toString(), Files.readAllLines(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return logs;
    }

    /** Asks once, without a key. */
    JobtrailClient client() {
        return JobtrailClient.at("http://127.0.0.1:" + port).patience(Duration.ZERO);
    }

    HttpResponse<String> get(String path, String... headers) {
        return send(port, "GET", path, "", headers);
    }

    HttpResponse<String> post(String path, String json, String... headers) {
        return send(port, "POST", path, json, headers);
    }

    List<String> metricsOfApi(String... headers) {
        return metrics(port, headers);
    }

    List<String> metricsOfWorker(String... headers) {
        return metrics(workerPort, headers);
    }

    private List<String> metrics(int of, String... headers) {
        var answer = send(of, "GET", "/metrics", "", headers);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body().lines().toList();
    }

    private HttpResponse<String> send(int to, String method, String path, String body, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + to + path))
                .timeout(Duration.ofSeconds(30))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        parts.close();
    }
}
