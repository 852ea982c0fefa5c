package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What bodies that are waited for may cost, before a server that sends back what it got. */
class SmallBodiesTest {
    private static final int ROOM = 3 * SmallBodies.MOST_BYTES;
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Server server = new Server();
    private final ServerConnector connector = new ServerConnector(server);
    private final ArrayList<Socket> open = new ArrayList<>();
    private SmallBodies bodies;

    private void start(Duration longest) throws Exception {
        bodies = new SmallBodies(ROOM, longest);
        bodies.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                Content.copy(request, response, callback);
                return true;
            }
        });
        server.addConnector(connector);
        server.setHandler(bodies);
        server.setErrorHandler(Problems.beforeRouting());
        server.start();
    }

    @AfterEach
    void stop() throws Exception {
        for (var socket : open) {
            socket.close();
        }
        server.stop();
    }

    /** Head and what has come of the body so far, in one piece. */
    private Socket begin(int length, String body) throws IOException {
        var socket = new Socket("127.0.0.1", connector.getLocalPort());
        socket.setSoTimeout(20_000);
        open.add(socket);
        send(socket, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length + "\r\n\r\n" + body);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String line(Socket socket) throws IOException {
        var line = new StringBuilder();
        for (int c = socket.getInputStream().read();
                c >= 0 && c != '\r';
                c = socket.getInputStream().read()) {
            line.append((char) c);
        }
        return line.toString();
    }

    private void fill() throws IOException {
        int most = SmallBodies.MOST_BYTES;
        for (int i = 1; i <= ROOM / most; i++) {
            begin(most, "x".repeat(most - 1));
            int left = ROOM - i * (most - 1);
            await().until(() -> bodies.free() == left);
        }
    }

    @Test
    void whatFindsNoRoomIsRefusedAtOnceAndWhatComesWholePasses() throws Exception {
        start(LONG);
        fill();
        var refused = begin(1_000, "x".repeat(900));
        assertThat(new String(refused.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                .startsWith("HTTP/1.1 503")
                .contains("NO_ROOM", "Retry-After: 2", "Connection: close");
        assertThat(line(begin(1_000, "x".repeat(1_000)))).startsWith("HTTP/1.1 200");
        for (var socket : open) {
            socket.close();
        }
        await().until(() -> bodies.free() == ROOM);
    }

    @Test
    void roomIsTakenByWhatHasComeAndGivenBackWithTheAnswer() throws Exception {
        start(LONG);
        for (int i = 1; i <= 20; i++) {
            begin(SmallBodies.MOST_BYTES, "x");
            int left = ROOM - i;
            await().until(() -> bodies.free() == left);
        }
        for (var socket : open) {
            send(socket, "x".repeat(SmallBodies.MOST_BYTES - 1));
            assertThat(line(socket)).startsWith("HTTP/1.1 200");
        }
        await().until(() -> bodies.free() == ROOM);
    }

    @Test
    void whoTricklesIsHungUpOn() throws Exception {
        start(Duration.ofMillis(300));
        var socket = begin(SmallBodies.MOST_BYTES, "x");
        await().atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    send(socket, "x");
                    return socket.getInputStream().available() > 0;
                });
        assertThat(line(socket)).startsWith("HTTP/1.1 408");
        assertThat(bodies.free()).isEqualTo(ROOM);
    }
}
