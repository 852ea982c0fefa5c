package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Large JSON bodies have a bound together, as each of them has one. */
class JsonRoomTest {
    private static final String SMALL = "{\"handler\":\"echo\"}";
    private static final String LARGE = "{\"handler\":\"echo\",\"input\":{\"text\":\"" + "x".repeat(100_000) + "\"}}";

    @AutoClose
    private static final RunningApi api = RunningApi.start();

    private static int free() {
        return api.server.jsonRoom().free();
    }

    /** Has begun to send the largest body there may be. */
    private static Socket sending(String length) throws IOException {
        var socket = api.connect();
        var head = "POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + length
                + "\r\n\r\n" + (length.startsWith("Transfer") ? "1\r\n{\r\n" : "{");
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** To a request whose body does not come: whoever is refused early may not get around to sending it. */
    private static String answer(String length) throws IOException {
        try (var socket = sending(length)) {
            socket.setSoTimeout(30_000);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void whatFindsNoRoomIsRefusedAndSmallBodiesPass() throws IOException {
        int room = free();
        var senders = new ArrayDeque<Socket>();
        for (int free = room; free >= JsonRoom.MAX_BYTES; free = free()) {
            int before = free;
            senders.add(sending("Content-Length: " + JsonRoom.MAX_BYTES));
            await().until(() -> free() == before - JsonRoom.MAX_BYTES);
        }
        var rest = "Content-Length: " + free();
        if (free() > 64 << 10) {
            senders.add(sending(rest));
            await().until(() -> free() == 0);
        }
        assertThat(answer("Connection: close\r\nContent-Length: 100000"))
                .startsWith("HTTP/1.1 503")
                .containsPattern("Retry-After: \\d+")
                .contains("NO_ROOM");
        try (var chunked = sending("Transfer-Encoding: chunked")) {
            assertThat(new String(more(chunked, 200_000).getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 503")
                    .contains("NO_ROOM");
        }
        api.enqueue(SMALL).is(202);
        chunked(SMALL).is(202);
        api.upload(Form.of("a.txt", new byte[100_000])).is(202);

        for (var sender : senders) {
            sender.close();
        }
        await().until(() -> free() == room);
        api.enqueue(LARGE).is(202);
    }

    private static Answer chunked(String body) {
        return api.sendChunked(
                "/pipeline/enqueue", body.getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json");
    }

    @Test
    void connectionGoesOnAfterALargeBody() throws IOException {
        var item = "{\"handler\":\"echo\",\"input\":{\"text\":\"" + "x".repeat(70_000) + "\"}}";
        var body = "[" + item + "]";
        var request = "POST /pipeline/enqueue/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: " + body.length() + "\r\n%s\r\n" + body;
        var answers = api.raw(request.formatted("") + request.formatted("Connection: close\r\n"));
        assertThat(answers).containsPattern("(?s)HTTP/1.1 20[02].*HTTP/1.1 20[02].*Connection: close");
        assertThat(answers.split("Connection: close", -1)).hasSize(2);
    }

    /** One chunk of so many bytes. */
    private static Socket more(Socket socket, int bytes) throws IOException {
        var out = socket.getOutputStream();
        out.write(
                (Integer.toHexString(bytes) + "\r\n" + " ".repeat(bytes) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** A thousand small ones would otherwise take the room of all. */
    @Test
    void oneThatDeclaresNoLengthTakesRoomAsItComes() throws IOException {
        int room = free();
        try (var one = sending("Transfer-Encoding: chunked");
                var other = sending("Transfer-Encoding: chunked")) {
            more(one, 60_000);
            more(other, 1_000_000);
            await().until(() -> room - free() >= 900_000);
            assertThat(room - free()).isLessThanOrEqualTo(2_100_000);
            more(other, 1_000_000);
            await().until(() -> room - free() >= 1_900_000);
        }
        await().until(() -> free() == room);
    }

    @Test
    void whateverBecomesOfARequestItsRoomIsFreeAgain() {
        int room = free();
        chunked(LARGE).is(202);
        api.enqueue(LARGE).is(202);
        api.enqueue(LARGE + "}").is(400);
        api.enqueue(LARGE.replace("echo", "nobody")).is(400);
        api.send("POST", "/pipeline/nothing", LARGE.getBytes(StandardCharsets.UTF_8))
                .is(404);
        api.send("POST", "/pipeline/stats", LARGE.getBytes(StandardCharsets.UTF_8))
                .is(405);
        await().until(() -> free() == room);
    }
}
