package io.jobtrail.bench.speed.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpLoadTest {
    private static final byte[] REQUEST =
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\nok".getBytes(StandardCharsets.US_ASCII);

    private final AtomicInteger received = new AtomicInteger();
    private volatile int status = 202;
    private HttpServer server;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            received.incrementAndGet();
            exchange.sendResponseHeaders(status, 3);
            exchange.getResponseBody().write("yes".getBytes(StandardCharsets.US_ASCII));
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void everyAnswerIsCountedAndTimed() throws Exception {
        long from = System.nanoTime();
        try (var load = new HttpLoad(server.getAddress().getPort(), REQUEST, 3)) {
            await().until(() -> received.get() > 100);

            long answers = load.stop();

            assertThat(answers).isEqualTo(received.get());
            assertThat(load.millis(from, System.nanoTime()))
                    .hasSize((int) answers)
                    .isSorted();
            assertThat(load.millis(from - 1, from)).isEmpty();
        }
    }

    @Test
    void anAnswerThatIsNoSuccessBreaksItOff() {
        status = 503;
        try (var load = new HttpLoad(server.getAddress().getPort(), REQUEST, 1)) {
            await().until(() -> received.get() > 0);

            assertThatThrownBy(load::stop).hasMessageContaining("503").hasMessageContaining("yes");
        }
    }
}
