package io.jobtrail.api;

import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DroppedUploadTest {
    @ParameterizedTest
    @ValueSource(ints = {100_000, 3 << 20})
    void senderThatLeavesHalfWayLeavesNothingAndHurtsNobody(int size) throws Exception {
        try (var api = RunningApi.start()) {
            var form = Form.of("some.bin", new byte[size]);
            int room = api.server.staging().room();
            var body = form.bytes();
            for (int i = 0; i < 20; i++) {
                var chunked = i % 2 == 1;
                try (var socket = api.connect()) {
                    var out = socket.getOutputStream();
                    out.write(
                            ("POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + form.contentType()
                                            + "\r\n"
                                            + (chunked
                                                    ? "Transfer-Encoding: chunked\r\n\r\n"
                                                            + Integer.toHexString(body.length) + "\r\n"
                                                    : "Content-Length: " + body.length + "\r\n\r\n"))
                                    .getBytes(StandardCharsets.US_ASCII));
                    out.write(body, 0, body.length / 2);
                    out.flush();
                    if (i < 4) {
                        // The server is in the middle of it when the sender goes, and has bytes on disk or in memory.
                        await().atMost(Duration.ofSeconds(10))
                                .until(() -> size > Staging.IN_MEMORY_BYTES
                                        ? !api.temporaryFiles().isEmpty()
                                        : api.server.staging().room() < room);
                    }
                    if (i % 4 > 1) {
                        socket.setSoLinger(true, 0); // a reset in place of an orderly end
                    }
                }
            }
            api.get("/heartbeat").is(200);
            api.assertNothingIsLeft();
            api.upload(form).is(202);
            api.assertHolds(1, 1);
        }
    }
}
