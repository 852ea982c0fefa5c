package io.jobtrail.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.config.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server that answers each request twice, on connections that stay. */
class WireTest {
    private static final Path DOCUMENT = Path.of("..", "api", "src", "main", "resources", "openapi.json");
    private static final String ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private final AtomicInteger answered = new AtomicInteger();
    private ServerSocket server;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        daemon(() -> {
            while (true) {
                var socket = server.accept();
                daemon(() -> answerTwice(socket));
            }
        });
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void daemon(Work work) {
        var thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                // the test is over, or the connection
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void answerTwice(Socket socket) throws IOException {
        try (socket) {
            while (socket.getInputStream().read(new byte[100_000]) > 0) {
                answered.incrementAndGet();
                socket.getOutputStream().write((ANSWER + ANSWER).getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    @Test
    void whatNobodyAskedForIsNotTakenForTheNextAnswer() {
        try (var wire = new Wire(server.getLocalPort())) {
            var request = "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8);

            assertThat(wire.ask(request)).extracting(Reply::status).containsExactly(200);
            var second = wire.ask(request);

            assertThat(second).extracting(Reply::status).containsExactly(0);
            assertThat(second.get(0).text()).isEqualTo(ANSWER);
            assertThat(answered)
                    .as("nothing was sent on that connection any more")
                    .hasValue(1);
            assertThat(wire.isOpen()).isFalse();
            assertThat(wire.ask(request)).extracting(Reply::status).containsExactly(200);
        }
    }

    @Test
    void whatWentOverTheConnectionBeforeIsKeptWithARequestWithoutAnAnswer() throws IOException {
        var document = new ApiDocument(Json.MAPPER.readTree(DOCUMENT.toFile()));
        try (var sender = new Sender(document, new StandIns(), server.getLocalPort(), 1)) {
            await().until(() -> {
                var exchange = sender.next();
                return exchange.manner() == Exchange.Manner.SOUND
                        && exchange.replies().get(0).status() == 0;
            });
            var heads = new String(sender.made(), StandardCharsets.ISO_8859_1).split(" HTTP/1\\.1\r\n", -1);
            assertThat(heads).as("the one before, and the last").hasSize(3);
        }
    }
}
