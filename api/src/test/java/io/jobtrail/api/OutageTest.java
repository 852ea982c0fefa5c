package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.store.Schema;
import io.jobtrail.testbed.PostgresServer;
import io.jobtrail.testbed.RedisServer;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The web process while Redis or Postgres is away, on servers of its own. */
class OutageTest {
    private final HttpClient client = HttpClient.newHttpClient();
    private ApiServer api;

    @Test
    void withoutRedisJobsAreAccepted(@TempDir Path directory) {
        try (var redis = RedisServer.start(directory)) {
            try (var running = RunningApi.start("REDIS_URL", redis.url())) {
                redis.kill();
                for (int i = 0; i < 5; i++) {
                    var id = running.enqueue("{\"handler\":\"echo\"}").is(202).jobId();
                    running.database.assertThatJob(id).hasHistory("queued");
                }
                running.upload(Form.of("a.txt", new byte[] {1})).is(202);
                var health = running.get("/health").is(200).json();
                assertThat(health.path("status").asText()).isEqualTo("degraded");
                assertThat(health.at("/checks/redis").asText()).isEqualTo("down");
                assertThat(health.path("reasons").toString()).contains("Redis cannot be used");
                // A connection that was open may have to be found broken first.
                await().until(() -> running.get("/health")
                        .json()
                        .path("reasons")
                        .toString()
                        .contains("Redis cannot be used (connection refused"));
                running.get("/health/ready").is(200);

                redis.startAgain();
                await().atMost(Duration.ofSeconds(10))
                        .untilAsserted(() -> assertThat(running.get("/health")
                                        .json()
                                        .at("/checks/redis")
                                        .asText())
                                .isEqualTo("up"));
            }
        }
    }

    @Test
    void noRedisAtAllIsNoFault() {
        try (var running = RunningApi.start("REDIS_URL", "")) {
            running.enqueue("{\"handler\":\"echo\"}").is(202);
            var health = running.get("/health").is(200).json();
            assertThat(health.path("reasons").toString()).doesNotContain("Redis");
            assertThat(health.at("/checks/redis").asText()).isEqualTo("not used");
        }
    }

    @Test
    void withoutPostgresNothingIsAcceptedAndAfterwardsAllGoesOn(@TempDir Path directory) {
        try (var postgres = PostgresServer.start(directory)) {
            postgres.createDatabase("jobtrail");
            var url = postgres.url("jobtrail");
            Schema.migrate(DatabaseUrl.parse(url));
            api = ApiServer.start(RunningApi.settings(url));
            try {
                assertThat(upload().join().status()).isEqualTo(202);
                postgres.stopImmediately();

                // All at once, for each of them waits for a connection as long as it may.
                var refused = upload();
                var status = get("/pipeline/stats");
                var ready = get("/health/ready");
                var health = get("/health");
                assertThat(get("/heartbeat").join().status()).isEqualTo(200);
                refused.join().isProblem(503, "DATABASE_UNAVAILABLE", null);
                assertThat(refused.join().header("Retry-After")).matches("\\d+");
                status.join().isProblem(503, "DATABASE_UNAVAILABLE", null);
                assertThat(firstReason(ready)).startsWith("Postgres cannot be used");
                assertThat(health.join().is(503).json().at("/checks/postgres").asText())
                        .isEqualTo("down");
                // A connection that was open may have been found broken first.
                await().until(() -> firstReason(get("/health/ready")).contains("connection refused"));

                postgres.startAgain();
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> upload().join().status() == 202);
                await().until(() -> get("/health").join().status() == 200);
            } finally {
                api.close();
            }
        }
    }

    @Test
    void aPostgresThatHangsKeepsNobodyWaiting() throws Exception {
        try (var proxy = TcpProxy.to(TestServers.postgres().port());
                var running = RunningApi.through(proxy)) {
            running.get("/health").is(200);
            proxy.fallSilent();
            await().untilAsserted(() -> {
                var begin = System.nanoTime();
                var health = running.get("/health");
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
                assertThat(health.is(503).json().at("/reasons/0").asText()).contains("Postgres", "does not answer");
            });
            proxy.close(); // so that nothing hangs at the end
        }
    }

    @Test
    void aUserThatPostgresDoesNotLetInIsSaidToBeSoWithoutItsName() {
        try (var running = RunningApi.start()) {
            var url = running.database.environmentUrl().replaceFirst("//[^@]*@", "//nobody_of_this_name@");
            try (var refused = RunningApi.on(running.database, url)) {
                var health = refused.get("/health").is(503).json();
                assertThat(health.at("/reasons/0").asText())
                        .contains("authentication failed")
                        .doesNotContain("nobody_of_this_name");
            }
        }
    }

    @Test
    void databaseWithoutSchemaIsNotReady() {
        try (var running = RunningApi.start()) {
            running.database.asOwner("ALTER TABLE pipeline_queues RENAME TO elsewhere");
            var ready = running.get("/health/ready").is(503).json();
            assertThat(ready.at("/reasons/0").asText()).contains("the schema is missing");
        }
    }

    @Test
    void aDatabaseThatRefusesIsNotSaidToBeWithoutASchema() {
        try (var running = RunningApi.start()) {
            running.database.asOwner("REVOKE SELECT ON pipeline_queues FROM jobtrail_runtime");
            var ready = running.get("/health/ready").is(503).json();
            assertThat(ready.at("/reasons/0").asText()).contains("it refuses, SQLSTATE 42501");
        }
    }

    private static String firstReason(CompletableFuture<Answer> unready) {
        return unready.join().is(503).json().at("/reasons/0").asText();
    }

    private CompletableFuture<Answer> upload() {
        var form = Form.of("a.txt", new byte[] {1});
        return send(HttpRequest.newBuilder(uri("/pipeline/enqueue"))
                .header("Content-Type", form.contentType())
                .POST(BodyPublishers.ofByteArray(form.bytes())));
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
