package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that are too large: refused before they are sent when they say so, and soon after the limit when they do not. */
class BodySizeTest {
    private static final int MAX_UPLOAD = 2 << 20;
    private static final int MAX_BATCH = 8 << 20;
    private static final byte[] TEXT = "some text".getBytes(StandardCharsets.UTF_8);

    @AutoClose
    private static final RunningApi api = RunningApi.start(
            "MAX_UPLOAD_BYTES", Integer.toString(MAX_UPLOAD), "MAX_BATCH_BYTES", Integer.toString(MAX_BATCH));

    @RegisterExtension
    static final LeftUnchanged leftUnchanged = new LeftUnchanged(api);

    @Test
    void declaredLengthThatIsTooLargeIsRefusedBeforeTheBodyIsSent() throws IOException {
        var answer = api.raw(
                "POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                        + "Content-Length: 10000000000\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 413").contains("application/problem+json", "BODY_TOO_LARGE");
    }

    @Test
    void declaredLengthOfJsonThatIsTooLargeIsRefusedBeforeTheBodyIsSent() throws IOException {
        var answer = api.raw("POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Connection: close\r\nContent-Length: 11000000\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 413").contains("application/problem+json", "BODY_TOO_LARGE");
    }

    @Test
    void bodyWithoutDeclaredLengthIsRefusedOnceTooMuchHasCome() throws IOException {
        var head = "POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: ";
        var file = Form.of("big.bin", new byte[MAX_UPLOAD + 1]);
        assertThat(firstLine(head + file.contentType(), file.bytes())).startsWith("HTTP/1.1 413");
        var field = Form.of("a.txt", TEXT).field("x", "y".repeat(MAX_UPLOAD + (2 << 20)));
        assertThat(firstLine(head + field.contentType(), field.bytes())).startsWith("HTTP/1.1 413");
        var json = ("{\"handler\":\"" + "x".repeat(11 << 20)).getBytes(StandardCharsets.US_ASCII);
        assertThat(firstLine(head + "application/json", json)).startsWith("HTTP/1.1 413");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2147483647", "2147483648", "2147483649", "4294967296", "9223372036854775807"})
    void lengthThatIsAbsurdIsRefusedBeforeTheBodyIsSent(String length) throws IOException {
        for (var type : new String[] {"multipart/form-data; boundary=b", "application/json"}) {
            for (var path : new String[] {"enqueue", "batch", "enqueue/batch", "jobs/bulk", "session"}) {
                var answer = Answer.parse(api.raw("POST /pipeline/" + path
                        + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type + "\r\nContent-Length: " + length
                        + "\r\n\r\n"));
                assertThat(answer.status()).as("%s %s", path, type).isIn(413, 415);
                assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
            }
        }
    }

    /** Two gigabytes that nobody announced: the server takes what it has to, and hangs up. */
    @ParameterizedTest
    @CsvSource({
        "enqueue, multipart/form-data; boundary=b",
        "batch, multipart/form-data; boundary=b",
        "enqueue, application/json",
        "enqueue/batch, application/json",
        "jobs/bulk, application/json",
        "session, application/json"
    })
    void endlessBodyIsNotReadMuchFurtherThanTheLimit(String path, String type) throws IOException {
        var part = path.equals("batch") ? "files" : "file";
        var begin = type.startsWith("multipart")
                ? "--b\r\nContent-Disposition: form-data; name=\"" + part + "\"; filename=\"a\"\r\n\r\n"
                : "{\"handler\":\"";
        long sent = 0;
        try (var socket = api.connect()) {
            socket.setSendBufferSize(64 << 10);
            var out = socket.getOutputStream();
            out.write(("POST /pipeline/" + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type
                            + "\r\nTransfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(begin.length()) + "\r\n"
                            + begin + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            var chunk = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            while (sent < 2L << 30) {
                out.write(chunk);
                sent += 0x10000;
            }
        } catch (IOException e) {
            // it has hung up
        }
        // What is beyond the limits was under way in the buffers of the connection.
        assertThat(sent).isLessThan(JsonRoom.MAX_BYTES + MAX_BATCH + UnreadBodies.MOST_BYTES + (16L << 20));
        api.get("/heartbeat").is(200);
    }

    /** Sends one chunk and no end, so that only a server that counts while it reads can answer. */
    private static String firstLine(String head, byte[] body) throws IOException {
        try (var socket = api.connect()) {
            var out = socket.getOutputStream();
            out.write((head + "\r\n\r\n" + Integer.toHexString(body.length) + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            var writer = new Thread(() -> {
                try {
                    out.write(body);
                    out.flush();
                } catch (IOException e) {
                    // the server may stop to listen when it has seen enough
                }
            });
            writer.start();
            var in = socket.getInputStream();
            var line = new StringBuilder();
            for (int c = in.read(); c >= 0 && c != '\r'; c = in.read()) {
                line.append((char) c);
            }
            return line.toString();
        }
    }
}
