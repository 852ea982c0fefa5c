package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
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
            senders.add(sending(
                    senders.size() % 2 == 0 ? "Content-Length: " + JsonRoom.MAX_BYTES : "Transfer-Encoding: chunked"));
            await().until(() -> free() == before - JsonRoom.MAX_BYTES);
        }
        var rest = "Content-Length: " + free();
        if (free() > 64 << 10) {
            senders.add(sending(rest));
            await().until(() -> free() == 0);
        }
        for (var length : List.of("Content-Length: 100000", "Transfer-Encoding: chunked")) {
            assertThat(answer(length))
                    .startsWith("HTTP/1.1 503")
                    .containsPattern("Retry-After: \\d+")
                    .contains("Connection: close", "NO_ROOM");
        }
        api.enqueue(SMALL).is(202);
        api.upload(Form.of("a.txt", new byte[100_000])).is(202);

        for (var sender : senders) {
            sender.close();
        }
        await().until(() -> free() == room);
        api.enqueue(LARGE).is(202);
    }

    @Test
    void whateverBecomesOfARequestItsRoomIsFreeAgain() {
        int room = free();
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
