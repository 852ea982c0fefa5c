package io.jobtrail.process.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.RetryableFailure;
import io.jobtrail.trace.Traceparent;
import io.opentelemetry.api.trace.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpEmbedderTest {
    private static final String TWO_VECTORS =
            "{\"data\":[{\"index\":1,\"embedding\":[0.5,1]},{\"index\":0,\"embedding\":[-1,2e-3]}]}";

    private record Answer(int status, String retryAfter, String body) {}

    private final Queue<Answer> answers = new ArrayDeque<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> traces = new CopyOnWriteArrayList<>();
    private final List<Long> times = new CopyOnWriteArrayList<>();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/embeddings", exchange -> {
            times.add(System.nanoTime());
            traces.add(String.valueOf(exchange.getRequestHeaders().getFirst("traceparent")));
            requests.add(exchange.getRequestMethod() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization") + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            Answer answer = answers.remove();
            if (answer.retryAfter() != null) {
                exchange.getResponseHeaders().set("Retry-After", answer.retryAfter());
            }
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private HttpEmbedder embedder() {
        URI url = URI.create("http://localhost:" + server.getAddress().getPort() + "/v1/");
        return new HttpEmbedder(url, "key-1", "model-1", 3, Duration.ofMillis(10));
    }

    private void answer(int status, String retryAfter, String body) {
        answers.add(new Answer(status, retryAfter, body));
    }

    @Test
    void vectorsComeInTheOrderOfTheTexts() throws Exception {
        answer(200, null, TWO_VECTORS);

        assertThat(embedder().embed(List.of("first \"text\"", "mā")))
                .containsExactly(new float[] {-1, 0.002f}, new float[] {0.5f, 1});
        assertThat(requests)
                .singleElement()
                .asString()
                .startsWith("POST Bearer key-1 {")
                .contains("\"model\":\"model-1\"", "\"input\":[\"first \\\"text\\\"\",\"mā\"]");
    }

    @Test
    void theServiceLearnsOfTheTraceIfThereIsOne() throws Exception {
        answer(200, null, TWO_VECTORS);
        answer(503, null, "oops");
        answer(200, null, TWO_VECTORS);
        embedder().embed(List.of("a", "b"));
        var trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        try (var scope = Span.wrap(Traceparent.parse(trace)).makeCurrent()) {
            embedder().embed(List.of("a", "b"));
        }
        assertThat(traces).containsExactly("null", trace, trace);
    }

    @Test
    void aBusyServiceIsAskedAgainWhenItSays() throws Exception {
        answer(429, "1", "slow down");
        answer(503, null, "oops");
        answer(200, null, TWO_VECTORS);

        assertThat(embedder().embed(List.of("a", "b"))).hasSize(2);
        assertThat(Duration.ofNanos(times.get(1) - times.get(0))).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void aServiceThatStaysBusyFailsTheAttemptOnly() {
        for (int i = 0; i < 3; i++) {
            answer(500, null, "broken");
        }
        assertThatThrownBy(() -> embedder().embed(List.of("a")))
                .isInstanceOfSatisfying(
                        RetryableFailure.class, e -> assertThat(e.code()).isEqualTo("EMBEDDINGS_UNAVAILABLE"))
                .hasMessageContaining("500 broken");
        assertThat(requests).hasSize(3);
    }

    @Test
    void aServiceThatIsAwayFailsTheAttemptOnly() {
        HttpEmbedder embedder = embedder();
        server.stop(0);

        assertThatThrownBy(() -> embedder.embed(List.of("a")))
                .isInstanceOfSatisfying(
                        RetryableFailure.class, e -> assertThat(e.code()).isEqualTo("EMBEDDINGS_UNAVAILABLE"));
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 404, 422})
    void aRefusalIsFinalAndDoesNotShowTheKey(int status) {
        answer(status, null, "no such model");

        assertThatThrownBy(() -> embedder().embed(List.of("a")))
                .isInstanceOfSatisfying(
                        PermanentFailure.class, e -> assertThat(e.code()).isEqualTo("EMBEDDINGS_REFUSED"))
                .hasMessageContaining(status + " no such model")
                .hasMessageNotContaining("key-1");
        assertThat(requests).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "not json",
                "{}",
                "{\"data\":[{\"index\":0,\"embedding\":[1]}]}",
                "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[1]}]}",
                "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":2,\"embedding\":[1]}]}",
                "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[1,2]}]}",
                "{\"data\":[{\"index\":0,\"embedding\":[]},{\"index\":1,\"embedding\":[]}]}",
                "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[null]}]}",
                "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[1e99]}]}",
                "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[NaN]}]}"
            })
    void anAnswerThatDoesNotFitIsNotTrusted(String body) {
        answer(200, null, body);

        assertThatThrownBy(() -> embedder().embed(List.of("a", "b")))
                .isInstanceOfSatisfying(
                        PermanentFailure.class, e -> assertThat(e.code()).isEqualTo("EMBEDDINGS_INVALID"));
    }

    @Test
    void waitingEndsWhenTheThreadIsInterrupted() {
        answer(429, "30", "");
        FutureTask<List<float[]>> task = new FutureTask<>(() -> embedder().embed(List.of("a")));
        Thread thread = new Thread(task);
        thread.start();
        await().until(() -> requests.size() == 1);

        thread.interrupt();

        assertThatThrownBy(task::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
    }
}
