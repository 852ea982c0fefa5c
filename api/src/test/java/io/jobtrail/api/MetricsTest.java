package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.QueueName;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.Together;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private RunningApi api;

    @BeforeEach
    void start() {
        api = RunningApi.start();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private String metrics() {
        return api.get("/metrics").is(200).text();
    }

    @Test
    void whatStandsWhereIsAskedWithEveryScrape() {
        assertThat(metrics()).doesNotContain("jobtrail_jobs{").doesNotContain("jobtrail_queue_oldest_wait_seconds{");
        api.database.aJob().queue(QueueName.SLOW).insert();
        api.database.aJob().queue(QueueName.SLOW).claimedBy("w");
        assertThat(metrics().lines())
                .contains("jobtrail_jobs{queue=\"slow\",status=\"queued\"} 1.0")
                .contains("jobtrail_jobs{queue=\"slow\",status=\"running\"} 1.0")
                .anyMatch(line -> line.startsWith("jobtrail_queue_oldest_wait_seconds{queue=\"slow\"} "))
                .noneMatch(line -> line.startsWith("jobtrail_queue_oldest_wait_seconds{queue=\"urgent\"}"));
        api.database.asOwner("UPDATE pipeline_jobs SET status = 'cancelled' WHERE status = 'queued'");
        assertThat(metrics())
                .contains("jobtrail_jobs{queue=\"slow\",status=\"cancelled\"} 1.0")
                .doesNotContain("status=\"queued\"")
                .doesNotContain("jobtrail_queue_oldest_wait_seconds{");
    }

    @Test
    void requestsAreCountedByRouteAndNeverById() {
        var id = api.enqueue("{\"handler\":\"echo\"}").is(202).jobId();
        api.get("/pipeline/status/" + id).is(200);
        api.get("/pipeline/status/none").is(400);
        api.get("/nothing").is(404);
        var metrics = metrics();
        assertThat(metrics.lines())
                .contains(
                        "http_server_requests_seconds_count{method=\"POST\",route=\"/pipeline/enqueue\",status=\"202\"} 1")
                .contains(
                        "http_server_requests_seconds_count{method=\"GET\",route=\"/pipeline/status/{id}\",status=\"200\"} 1")
                .contains(
                        "http_server_requests_seconds_count{method=\"GET\",route=\"/pipeline/status/{id}\",status=\"400\"} 1")
                .contains("http_server_requests_seconds_count{method=\"GET\",route=\"none\",status=\"404\"} 1")
                .contains("jobtrail_commit_items_count{statement=\"enqueue\"} 1")
                .anyMatch(line -> line.matches("process_resident_memory_bytes [1-9].*"))
                .anyMatch(line -> line.startsWith("hikaricp_connections_active{pool=\"api\"}"))
                .anyMatch(line -> line.startsWith("jvm_memory_used_bytes{"));
        assertThat(metrics).doesNotContain(id.toString());
    }

    @Test
    void methodsThatCallersMakeUpAreOneInTheNumbers() {
        for (var method : List.of("AAAA", "AAAB", "get")) {
            api.send(method, "/nothing", null).isProblem(404, "NOT_FOUND", null);
            api.send(method, "/heartbeat", null)
                    .isProblem(405, "METHOD_NOT_ALLOWED", null)
                    .says(method);
            api.get("/heartbeat", "X-HTTP-Method-Override", method + "X").is(405);
        }
        for (var inner : List.of("BEFORE", "AFTER", "WEBSOCKET_BEFORE_UPGRADE")) {
            api.send(inner, "/nothing", null).isProblem(404, "NOT_FOUND", null);
            api.send(inner, "/heartbeat", null).isProblem(405, "METHOD_NOT_ALLOWED", null);
        }
        assertThat(metrics().lines().filter(line -> line.startsWith("http_server_requests_seconds_count{")))
                .containsExactlyInAnyOrder(
                        "http_server_requests_seconds_count{method=\"other\",route=\"none\",status=\"404\"} 6",
                        "http_server_requests_seconds_count{method=\"other\",route=\"none\",status=\"405\"} 9");
    }

    @Test
    void scrapesAtTheSameTimeTakeNothingFromEachOther() throws Exception {
        api.database.aJob().queue(QueueName.SLOW).insert();
        var line = "jobtrail_jobs{queue=\"slow\",status=\"queued\"} 1.0";
        var complete = Together.run(
                8,
                thread -> IntStream.range(0, 50)
                        .filter(scrape -> metrics().contains(line))
                        .count());
        assertThat(complete).containsOnly(50L);
    }

    @Test
    void whileNothingComesFromPostgresTheProcessStillTellsAboutItself() throws Exception {
        try (var proxy = TcpProxy.to(TestServers.postgres().port());
                var behind = RunningApi.through(proxy)) {
            behind.enqueue("{\"handler\":\"echo\"}").is(202);
            assertThat(behind.get("/metrics").text()).contains("jobtrail_jobs{");
            proxy.fallSilent();
            for (int scrapes = 0; scrapes < 3; scrapes++) {
                var asked = System.nanoTime();
                var metrics = behind.get("/metrics").is(200).text();
                assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(8));
                assertThat(metrics).contains("jvm_memory_used_bytes{").doesNotContain("jobtrail_jobs{");
            }
            proxy.passOn();
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(
                            () -> assertThat(behind.get("/metrics").text()).contains("jobtrail_jobs{"));
        }
    }

    @Test
    void whatIsWrongIsCounted() {
        assertThat(metrics().lines())
                .anyMatch(line -> line.matches("jobtrail_degraded_reasons [1-9].*")); // no worker, at least
    }
}
