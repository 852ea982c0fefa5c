package io.jobtrail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.config.Settings;
import io.jobtrail.metrics.ProcessMetrics;
import io.jobtrail.testing.JobtrailDatabase;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetricsServerTest {
    private static HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
        var uri = URI.create("http://127.0.0.1:" + port + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void metricsAreServedAndNothingElse() throws Exception {
        try (var metrics = new ProcessMetrics();
                var server = new MetricsServer(metrics, "127.0.0.1", 0)) {
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
