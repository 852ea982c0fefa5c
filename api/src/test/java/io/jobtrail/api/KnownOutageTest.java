package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.store.Schema;
import io.jobtrail.testbed.PostgresServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Postgres goes away and comes back: a short absence costs nobody an error, a long one nobody's time. */
class KnownOutageTest {
    private static final String ID = "01a20109-be74-7000-9b7e-bcbd8005ded9";

    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    private Path directory;

    private PostgresServer postgres;
    private ApiServer api;

    @BeforeEach
    void start() {
        postgres = PostgresServer.start(directory);
        postgres.createDatabase("jobtrail");
        var url = postgres.url("jobtrail");
        Schema.migrate(DatabaseUrl.parse(url));
        api = ApiServer.start(RunningApi.settings(url));
        assertThat(stats().join().status()).isEqualTo(200);
    }

    @AfterEach
    void stop() {
        api.close();
        postgres.close();
    }

    /** And has the connections of the pool found broken, which the next to use them would be told. */
    private void stopPostgres() {
        postgres.stopImmediately();
        await().until(() -> {
            get("/health/ready").join();
            return get("/metrics").join().text().contains("hikaricp_connections{pool=\"api\"} 0.0");
        });
    }

    @Test
    void whoComesAsPostgresGoesAwayIsServedWhenItIsBackSoon() {
        stopPostgres();
        var early = new ArrayList<CompletableFuture<Answer>>();
        for (int i = 0; i < 5; i++) {
            early.add(upload());
        }
        var begin = System.nanoTime();
        postgres.startAgain();
        assumeThat(Duration.ofNanos(System.nanoTime() - begin))
                .as("whoever waits does so for five seconds")
                .isLessThan(Duration.ofSeconds(3));
        early.forEach(answer -> answer.join().is(202));
    }

    @Test
    void onceItIsKnownToBeAwayNobodyWaitsAndItsReturnIsNoticedAtOnce() {
        stopPostgres();
        stats().join().isProblem(503, "DATABASE_UNAVAILABLE", null);
        var begin = System.nanoTime();
        for (int i = 0; i < 5; i++) {
            refused(stats());
            refused(upload());
            refused(get("/pipeline/status/" + ID + "?wait=60"));
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .as("together; waiting would take each of the fifteen five seconds")
                .isLessThan(Duration.ofSeconds(40));
        postgres.startAgain();
        await().atMost(Duration.ofSeconds(3)).until(() -> stats().join().status() == 200);
        upload().join().is(202);
    }

    private static void refused(CompletableFuture<Answer> request) {
        var answer = request.join().isProblem(503, "DATABASE_UNAVAILABLE", null);
        assertThat(answer.header("Retry-After")).matches("\\d+");
    }

    private CompletableFuture<Answer> upload() {
        var form = Form.of("a.txt", new byte[] {1});
        return send(HttpRequest.newBuilder(uri("/pipeline/enqueue"))
                .header("Content-Type", form.contentType())
                .POST(BodyPublishers.ofByteArray(form.bytes())));
    }

    private CompletableFuture<Answer> stats() {
        return get("/pipeline/stats");
    }

    private CompletableFuture<Answer> get(String path) {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    private CompletableFuture<Answer> send(HttpRequest.Builder request) {
        return client.sendAsync(request.timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofByteArray())
                .thenApply(response -> new Answer(response.statusCode(), response.headers(), response.body()));
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + api.port() + path);
    }
}
