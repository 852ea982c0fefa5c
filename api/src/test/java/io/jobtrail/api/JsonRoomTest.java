package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Large JSON bodies have a bound together, as each of them has one. */
class JsonRoomTest {
    private static final String SMALL = "{\"handler\":\"echo\"}";
    private static final String LARGE = "{\"handler\":\"echo\",\"input\":{\"text\":\"" + "x".repeat(100_000) + "\"}}";

    private static RunningApi api;

    @BeforeAll
    static void start() {
        api = RunningApi.start();
    }

    @AfterAll
    static void stop() {
        api.close();
    }

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
        var refused = api.enqueue(LARGE).isProblem(503, "NO_ROOM", null);
        assertThat(refused.header("Retry-After")).matches("\\d+");
        assertThat(refused.header("Connection")).isEqualTo("close");
        api.sendChunked("/pipeline/enqueue", LARGE.getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json")
                .isProblem(503, "NO_ROOM", null);
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
