package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.server.AbstractConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Callers that begin and do not go on: there may be more of them than threads, and nobody else waits for them. */
class SlowSendersTest {
    /** The web server has 250 threads. */
    private static final int MORE_THAN_THREADS = 300;

    private static final String ADMIN = "a-key-for-the-tests";
    private static final String JSON = "{\"handler\":\"echo\"}";
    private static final String[] JSON_TYPE = {"Content-Type", "application/json"};
    private static final Duration SOON = Duration.ofSeconds(20);

    private final List<Socket> open = new ArrayList<>();
    private RunningApi api;

    @BeforeEach
    void start() {
        api = RunningApi.start();
    }

    @AfterEach
    void stop() throws IOException {
        for (var socket : open) {
            socket.close();
        }
        api.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /heartbeat HTTP/1.1\r\nHost: local",
                "POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000\r\n\r\n--b",
                "POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 900000\r\n\r\nx",
                "POST /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
                "POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{"
            })
    void othersAreServedMeanwhile(String begun) throws IOException {
        for (int i = 0; i < MORE_THAN_THREADS; i++) {
            begin(begun);
        }
        for (int i = 0; i < 20; i++) {
            api.get("/heartbeat").is(200);
            api.get("/pipeline/stats").is(200);
            api.enqueue(JSON).is(202);
        }
        for (var socket : open) {
            socket.close();
        }
        api.assertHolds(20, 0);
    }

    @Test
    void largeBodiesBeyondTheirPlacesAreRefusedAndTheirPlacesGivenBack() throws IOException {
        var form = Form.of("a.bin", new byte[SlowBodies.SMALL + 1]);
        for (int i = 0; i < MORE_THAN_THREADS; i++) {
            begin("POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + form.contentType()
                    + "\r\nContent-Length: " + form.bytes().length + "\r\n\r\n--");
        }
        await().atMost(SOON).untilAsserted(() -> api.upload(form).isProblem(503, "NO_ROOM", null));
        long early = api.count("pipeline_jobs"); // that came before the places were taken
        api.upload(Form.of("a.txt", new byte[1_000])).is(202);
        for (var socket : open) {
            socket.close();
        }
        await().atMost(SOON).untilAsserted(() -> api.upload(form).is(202));
        api.assertHolds(early + 2, early + 2);
    }

    /** What takes the places of uploads is known by its key, and reads. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /pipeline/session HTTP/1.1\r\nContent-Type: application/json",
                "GET /pipeline/events HTTP/1.1\r\nX-Admin-Key: " + ADMIN
            })
    void bodiesThatNobodyReadsTakeNoPlaces(String begun) throws IOException {
        var settings = new String[] {"ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1", "MAX_EVENT_CLIENTS", "1000"};
        try (var closed = api.another(settings)) {
            for (int i = 0; i < MORE_THAN_THREADS; i++) {
                var socket = closed.connect();
                open.add(socket);
                socket.getOutputStream()
                        .write((begun + "\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
            }
            for (var socket : open) {
                assertThat(socket.getInputStream().read()).isEqualTo('H');
            }
            closed.upload(Form.of("a.bin", new byte[SlowBodies.SMALL + 1]), "X-Admin-Key", ADMIN)
                    .is(202);
        }
    }

    @Test
    void strangersWhoSignInSlowlyKeepOnlyOthersFromSigningIn() throws IOException {
        var key = "{\"key\":\"" + ADMIN + "\"}";
        try (var closed = api.another("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1")) {
            for (int i = 0; i < MORE_THAN_THREADS; i++) {
                var socket = closed.connect();
                open.add(socket);
                socket.getOutputStream()
                        .write(
                                ("POST /pipeline/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                                + "Content-Length: 40\r\n\r\n{")
                                        .getBytes(StandardCharsets.US_ASCII));
            }
            await().atMost(SOON)
                    .untilAsserted(() -> closed.send("POST", "/pipeline/session", key.getBytes(), JSON_TYPE)
                            .isProblem(503, "NO_ROOM", null));
            closed.enqueue(JSON, "X-Admin-Key", ADMIN).is(202);
            for (var socket : open) {
                socket.close();
            }
            await().atMost(SOON)
                    .untilAsserted(() -> closed.send("POST", "/pipeline/session", key.getBytes(), JSON_TYPE)
                            .is(204));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json\r\nContent-Length: 40\r\n\r\n{",
                "application/json\r\nContent-Length: 80000\r\n\r\n{",
                "application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
                "multipart/form-data; boundary=b\r\nContent-Length: 400\r\n\r\n--b",
                "multipart/form-data; boundary=b\r\nContent-Length: 800000\r\n\r\n--b",
                "multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n--b\r\n"
            })
    void whoFallsSilentIsToldAndHungUpOn(String rest) throws IOException {
        for (var connector : api.server.web().getConnectors()) {
            ((AbstractConnector) connector).setIdleTimeout(500);
        }
        var answer = api.raw("POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + rest);
        assertThat(Answer.parse(answer).status()).as(answer).isEqualTo(408);
        assertThat(answer).contains("application/problem+json", "REQUEST_TIMEOUT", "Connection: close");
        api.assertNothingIsLeft();
    }

    private void begin(String request) throws IOException {
        var socket = api.connect();
        open.add(socket);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }
}
