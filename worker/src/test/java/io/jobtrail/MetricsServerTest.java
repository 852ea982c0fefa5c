package io.jobtrail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.config.Settings;
import io.jobtrail.metrics.ProcessMetrics;
import io.jobtrail.testing.JobtrailDatabase;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsServerTest {
    private static HttpResponse<String> get(int port, String path, String... headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(20));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void metricsAreServedAndNothingElse() throws Exception {
        try (var metrics = new ProcessMetrics();
                var server = new MetricsServer(metrics, null, "127.0.0.1", 0)) {
            metrics.registry().counter("of.the.test").increment();
            var answer = get(server.port(), "/metrics");
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type")).contains(ProcessMetrics.CONTENT_TYPE);
            assertThat(answer.body()).contains("of_the_test_total 1.0").contains("jvm_memory_used_bytes");
            assertThat(get(server.port(), "/metrics/of").statusCode()).isEqualTo(404);
            assertThat(get(server.port(), "/").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void withAnAdminKeyItMustBeBrought() throws Exception {
        try (var metrics = new ProcessMetrics();
                var server = new MetricsServer(metrics, "the key of the admin", "127.0.0.1", 0)) {
            for (var path : List.of("/metrics", "/")) {
                assertThat(get(server.port(), path).statusCode()).isEqualTo(401);
                for (var wrong : List.of("the key of the admi", "the key of the admin1", "")) {
                    var refused = get(server.port(), path, "X-Admin-Key", wrong);
                    assertThat(refused.statusCode()).as(wrong).isEqualTo(401);
                    assertThat(refused.body()).doesNotContain("jvm_");
                }
            }
            assertThat(get(server.port(), "/metrics", "X-Admin-Key", "the key of the admin")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(get(server.port(), "/metrics", "Authorization", "Bearer the key of the admin")
                            .body())
                    .contains("jvm_memory_used_bytes");
        }
    }

    /** One more than there are threads, so that the last answer must wait until somebody's time is over. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5})
    void callersThatSayNoMoreDoNotStopTheOthers(int silent) throws Exception {
        var callers = new ArrayList<Socket>();
        try (var metrics = new ProcessMetrics();
                var server = new MetricsServer(metrics, null, "127.0.0.1", 0)) {
            for (int i = 0; i < silent; i++) {
                var caller = new Socket("127.0.0.1", server.port());
                callers.add(caller);
                caller.getOutputStream().write('G');
            }
            assertThat(get(server.port(), "/metrics").statusCode()).isEqualTo(200);
        } finally {
            for (var caller : callers) {
                caller.close();
            }
        }
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        try (var database = JobtrailDatabase.fresh();
                var taken = new ServerSocket(0)) {
            var settings = Settings.fromEnvironment(Map.of(
                    "DATABASE_URL", database.environmentUrl(), "WORKER_METRICS_PORT", "" + taken.getLocalPort()));
            assertThatThrownBy(() -> new WorkerProcess(settings, database.runtime()))
                    .hasMessageContaining("WORKER_METRICS_PORT=" + taken.getLocalPort());
        }
    }
}
