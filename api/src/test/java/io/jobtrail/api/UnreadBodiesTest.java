package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.server.AbstractConnector;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever is refused before all was sent gets the answer all the same, and costs little. */
class UnreadBodiesTest {
    private static final String ADMIN = "a-key-for-the-tests";
    private static final Form UPLOAD = Form.of("a.bin", new byte[5 << 20]);
    private static final String FORM = "Content-Type: " + UPLOAD.contentType();

    @AutoClose
    private static final RunningApi api =
            RunningApi.start("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1", "MAX_UPLOAD_BYTES", "5000000");

    @ParameterizedTest
    @CsvSource({
        "POST, /pipeline/enqueue, 401",
        "POST, /pipeline/batch, 401",
        "POST, /nothing, 404",
        "PUT, /pipeline/enqueue, 405",
        "POST, /pipeline/session, 415"
    })
    void clientThatSendsAllBeforeItReadsGetsTheAnswer(String method, String path, int status) {
        for (int i = 0; i < 5; i++) {
            api.send(method, path, UPLOAD.bytes(), "Content-Type", UPLOAD.contentType())
                    .is(status);
        }
        for (int i = 0; i < 5 && method.equals("POST") && status != 415; i++) {
            api.sendChunked(path, UPLOAD.bytes(), "Content-Type", UPLOAD.contentType())
                    .is(status);
        }
    }

    /** @param headers each may be none, or several with a bar between two */
    private static String head(String line, String... headers) {
        var head = new StringBuilder(line + " HTTP/1.1\r\nHost: localhost\r\n");
        for (var some : headers) {
            head.append(some.isEmpty() ? "" : some.replace("|", "\r\n") + "\r\n");
        }
        return head + "\r\n";
    }

    @ParameterizedTest
    @CsvSource({
        "POST /pipeline/enqueue, '', 401",
        "POST /nothing, '', 404",
        "PUT /pipeline/enqueue, '', 405",
        "POST /pipeline/jobs/bulk, X-Admin-Key: a-key-for-the-tests, 415",
        "POST /pipeline/enqueue, X-Admin-Key: a-key-for-the-tests|Content-Type: multipart/form-data, 400",
        "POST /pipeline/enqueue, X-Admin-Key: a-key-for-the-tests|Content-Type: multipart/form-data; boundary="
                + Form.BOUNDARY + ", 413",
        "POST /pipeline/session, Content-Type: application/json, 413"
    })
    void nextRequestOfTheConnectionIsAnsweredAfterAllWasDropped(String line, String headers, int status)
            throws IOException {
        var length = "Content-Length: " + UPLOAD.bytes().length;
        var answers = api.raw(
                head(line, headers, length).getBytes(StandardCharsets.US_ASCII),
                UPLOAD.bytes(),
                head("GET /heartbeat", "Connection: close").getBytes(StandardCharsets.US_ASCII));
        assertThat(answers)
                .startsWith("HTTP/1.1 " + status)
                .containsPattern("(?s)\"request_id\":\"[^}]*}HTTP/1.1 200 .*\"alive\"");
        assertThat(answers.split("Connection: close", -1)).as("only asked for").hasSize(2);
    }

    @Test
    void whoeverGoesOnWithoutEndIsToldAndCut() throws IOException {
        long sent = 0;
        try (var socket = begun(head("POST /pipeline/enqueue", FORM, "Content-Length: 2147483648"))) {
            assertThat(answer(socket)).startsWith("HTTP/1.1 401").contains("Connection: close");
            var piece = new byte[64 << 10];
            while (sent < 1L << 30) {
                socket.getOutputStream().write(piece);
                sent += piece.length;
            }
        } catch (IOException e) {
            // it has hung up
        }
        // What is beyond it was under way in the buffers of the connection.
        assertThat(sent).isBetween((long) UnreadBodies.MOST_BYTES, UnreadBodies.MOST_BYTES + (16L << 20));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 900000", "Transfer-Encoding: chunked"})
    void whoeverTricklesIsCut(String length) throws IOException {
        try (var impatient = api.another("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1")) {
            for (var connector : impatient.server.web().getConnectors()) {
                ((AbstractConnector) connector).setIdleTimeout(1_000);
            }
            try (var socket = impatient.connect()) {
                write(socket, head("POST /pipeline/enqueue", FORM, length));
                assertThat(answer(socket)).startsWith("HTTP/1.1 401");
                await().atMost(Duration.ofSeconds(10))
                        .pollInterval(Duration.ofMillis(100))
                        .until(() -> isCut(socket));
            }
        }
    }

    @Test
    void whoeverSendsWhatIsNoChunkIsCut() throws IOException {
        try (var socket = begun(head("POST /pipeline/enqueue", FORM, "Transfer-Encoding: chunked"))) {
            assertThat(answer(socket)).startsWith("HTTP/1.1 401");
            write(socket, "this is no chunk\r\n");
            await().until(() -> isCut(socket));
        }
    }

    @Test
    void serverStopsWhateverIsStillToCome() throws IOException {
        var stopping = api.another("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1");
        try (var socket = stopping.connect()) {
            write(socket, head("POST /pipeline/enqueue", FORM, "Content-Length: 900000"));
            assertThat(answer(socket)).startsWith("HTTP/1.1 401");
            var stopped = CompletableFuture.runAsync(stopping::close);
            await().atMost(Duration.ofSeconds(20)).until(stopped::isDone);
            await().until(() -> isCut(socket));
        }
    }

    @Test
    void requestThatWaitsForItsAnswerLeavesItsBodyToo() throws IOException {
        var id = api.enqueue("{\"handler\":\"echo\"}", "X-Admin-Key", ADMIN)
                .is(202)
                .jobId();
        var waiting =
                head("GET /pipeline/status/" + id + "?wait=1", "X-Admin-Key: " + ADMIN, "Content-Length: 3") + "abc";
        var answers =
                api.raw((waiting + head("GET /heartbeat", "Connection: close")).getBytes(StandardCharsets.US_ASCII));
        assertThat(answers).startsWith("HTTP/1.1 200").containsPattern("(?s)\"queued\".*HTTP/1.1 200 .*\"alive\"");
    }

    private static boolean isCut(Socket socket) {
        try {
            write(socket, "1\r\nx\r\n");
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "POST /pipeline/enqueue, '', 401",
        "POST /nothing, '', 404",
        "PUT /pipeline/enqueue, '', 405",
        "POST /pipeline/jobs/bulk, X-Admin-Key: a-key-for-the-tests|Content-Type: text/plain, 415",
        "POST /pipeline/enqueue, X-Admin-Key: a-key-for-the-tests|Content-Type: multipart/form-data, 400",
        "POST /pipeline/session, Content-Type: application/json, 413"
    })
    void whoeverAsksFirstIsNotToldToSend(String line, String headers, int status) throws IOException {
        var answer = api.raw(head(line, headers, "Expect: 100-continue|Content-Length: 5000000"));
        assertThat(answer).startsWith("HTTP/1.1 " + status).contains("Connection: close");
        assertThat(answer).doesNotContain("100 Continue");
    }

    @Test
    void whoeverAsksFirstAndDoesNotWaitGetsTheAnswer() throws IOException {
        var asking = "Expect: 100-continue|Content-Length: " + UPLOAD.bytes().length;
        var head = head("POST /pipeline/enqueue", FORM, asking);
        assertThat(api.raw(head.getBytes(StandardCharsets.US_ASCII), UPLOAD.bytes()))
                .startsWith("HTTP/1.1 401")
                .contains("UNAUTHORIZED");
    }

    @Test
    void whoeverAsksFirstAndIsLetInIsToldToSend() throws IOException {
        var form = Form.text("some words");
        var asking = "X-Admin-Key: " + ADMIN + "|Expect: 100-continue|Content-Length: " + form.bytes().length;
        try (var socket = begun(head("POST /pipeline/enqueue", FORM, asking))) {
            assertThat(answer(socket)).startsWith("HTTP/1.1 100 Continue");
            socket.getOutputStream().write(form.bytes());
            assertThat(answer(socket)).startsWith("HTTP/1.1 202");
        }
    }

    private static Socket begun(String head) throws IOException {
        var socket = api.connect();
        write(socket, head);
        return socket;
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Its head. */
    private static String answer(Socket socket) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = socket.getInputStream().read();
            assertThat(c).as("goes on after %s", head).isNotNegative();
            head.append((char) c);
        }
        return head.toString();
    }
}
