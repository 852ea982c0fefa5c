package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where files are while they come in, seen from outside: small ones in memory, as long as there is room. */
class StagedUploadTest {
    private static final int LIMIT = Staging.IN_MEMORY_BYTES;
    private static final int ROOM = 4 << 20;
    private static final Duration SOON = Duration.ofSeconds(20);

    @AutoClose
    private static final RunningApi api = RunningApi.startWithRoom(ROOM);

    @ParameterizedTest
    @CsvSource({
        "-1, false, true",
        "-1, true, true",
        "0, false, true",
        "0, true, true",
        "1, false, false",
        "1, true, false"
    })
    void onlyFilesAboveTheLimitNeedTheDisk(int aboveLimit, boolean chunked, boolean accepted) throws IOException {
        var jobs = api.count("pipeline_jobs");
        var form = Form.of("a.bin", bytes(LIMIT + aboveLimit));
        var disk = api.server.staging().directory();
        Files.delete(disk);
        Files.createFile(disk); // in its place, so that nothing can be written there
        try {
            var answer = chunked
                    ? api.sendChunked("/pipeline/enqueue", form.bytes(), "Content-Type", form.contentType())
                    : api.upload(form);
            if (accepted) {
                answer.is(202);
            } else {
                answer.isProblem(500, "INTERNAL_ERROR", null);
            }
        } finally {
            Files.delete(disk);
            Files.createDirectory(disk);
        }
        api.assertHolds(jobs + (accepted ? 1 : 0), jobs + (accepted ? 1 : 0));
    }

    @Test
    void filesThatFindNoRoomGoThroughTheDiskAndAllAreAccepted() throws IOException {
        int uploads = 200;
        var jobs = api.count("pipeline_jobs");
        var form = Form.of("a.bin", bytes(200_000));
        var body = form.bytes();
        var open = new ArrayList<Socket>();
        try {
            for (int i = 0; i < uploads; i++) {
                open.add(begun(form.contentType(), body));
            }
            // All of them wait for their last byte, and only some have their bytes in memory.
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(api.temporaryFiles()).hasSize(uploads - ROOM / body.length));
            for (var socket : open) {
                socket.getOutputStream().write(body, body.length - 1, 1);
                assertThat(firstLine(socket)).startsWith("HTTP/1.1 202");
            }
        } finally {
            for (var socket : open) {
                socket.close();
            }
        }
        api.assertHolds(jobs + uploads, jobs + uploads);
        assertThat(api.database.ask("SELECT count(DISTINCT sha256) FROM pipeline_documents WHERE size = 200000"))
                .isEqualTo(1L);
    }

    @ParameterizedTest
    @ValueSource(ints = {100_000, LIMIT + 1})
    void uploadThatTheDatabaseRefusesLeavesNothing(int size) {
        var jobs = api.count("pipeline_jobs");
        api.database.asOwner("ALTER TABLE pipeline_documents ADD CONSTRAINT none CHECK (size = 0) NOT VALID");
        try {
            api.upload(Form.of("a.bin", bytes(size))).isProblem(500, "INTERNAL_ERROR", null);
        } finally {
            api.database.asOwner("ALTER TABLE pipeline_documents DROP CONSTRAINT none");
        }
        api.assertHolds(jobs, jobs);
    }

    private static Socket begun(String contentType, byte[] body) throws IOException {
        var socket = api.connect();
        var out = socket.getOutputStream();
        out.write(("POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + contentType
                        + "\r\nContent-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        out.write(body, 0, body.length - 1);
        return socket;
    }

    private static String firstLine(Socket socket) throws IOException {
        var line = new StringBuilder();
        for (int c; (c = socket.getInputStream().read()) >= 0 && c != '\r'; ) {
            line.append((char) c);
        }
        return line.toString();
    }

    private static byte[] bytes(int size) {
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }
}
