package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Submissions that cannot be accepted: each gets an answer that says what is wrong with it, and leaves nothing behind. */
class BadInputTest {
    private static final int MAX_UPLOAD = 2 << 20;
    private static final byte[] TEXT = "some text".getBytes(StandardCharsets.UTF_8);
    private static RunningApi api;

    @BeforeAll
    static void start() {
        api = RunningApi.start("MAX_UPLOAD_BYTES", Integer.toString(MAX_UPLOAD));
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private long jobs;
    private long documents;
    private long parts;

    @BeforeEach
    void count() {
        jobs = api.count("pipeline_jobs");
        documents = api.count("pipeline_documents");
        parts = api.count("pipeline_document_parts");
    }

    @AfterEach
    void nothingIsLeftBehind() {
        api.assertHolds(jobs, documents);
        assertThat(api.count("pipeline_document_parts")).isEqualTo(parts);
    }

    static Stream<Arguments> forms() {
        var file = Form.of("a.txt", TEXT).bytes();
        return Stream.of(
                form(a().field("queue", "fast"), 400, "UNKNOWN_QUEUE", "queue", "urgent, default, slow"),
                form(a().field("queue", ""), 400, "UNKNOWN_QUEUE", "queue", "urgent, default, slow"),
                form(a().field("handler", "nobody"), 400, "UNKNOWN_HANDLER", "handler", "echo, process_document"),
                form(a().field("priority", "1"), 400, "UNKNOWN_FIELD", "priority", "max_attempts"),
                form(a().field("", "1"), 400, "UNKNOWN_FIELD", "", "max_attempts"),
                form(a().field("max_attempts", "0"), 400, "INVALID_FIELD", "max_attempts", "1 to 1000"),
                form(a().field("max_attempts", "1001"), 400, "INVALID_FIELD", "max_attempts", "1 to 1000"),
                form(a().field("max_attempts", "2.5"), 400, "INVALID_FIELD", "max_attempts", "whole number"),
                form(a().field("max_attempts", "9".repeat(40)), 400, "INVALID_FIELD", "max_attempts", "whole number"),
                form(a().field("timeout_sec", "-1"), 400, "INVALID_FIELD", "timeout_sec", "1 to 604800"),
                form(a().field("timeout_sec", "4294967297"), 400, "INVALID_FIELD", "timeout_sec", "1 to 604800"),
                form(a().field("run_after", "tomorrow"), 400, "INVALID_FIELD", "run_after", "2026-01-31T12:00:00Z"),
                form(a().field("run_after", "2026-01-31T12:00:00"), 400, "INVALID_FIELD", "run_after", "Z"),
                form(a().field("run_after", "+999999999-12-31T00:00:00Z"), 400, "INVALID_FIELD", "run_after", "Z"),
                form(a().field("run_after", "-300000-01-01T00:00:00Z"), 400, "INVALID_FIELD", "run_after", "Z"),
                form(a().field("review", "yes"), 400, "INVALID_FIELD", "review", "true or false"),
                form(a().field("review", ""), 400, "INVALID_FIELD", "review", "true or false"),
                form(
                        a().field("review", "true").field("handler", "echo"),
                        400,
                        "INVALID_FIELD",
                        "review",
                        "process_document"),
                form(a().field("options", "{"), 400, "MALFORMED_JSON", "options", "line 1"),
                form(a().field("options", "[1]"), 400, "INVALID_FIELD", "options", "object"),
                form(a().field("options", "x".repeat(70_000)), 400, "INVALID_FIELD", "options", "65536 bytes"),
                form(
                        a().field("x", "x".repeat(40_000)).field("options", "x".repeat(40_000)),
                        400,
                        "INVALID_FIELD",
                        "options",
                        "together"),
                form(a().field("queue", "sl\0ow"), 400, "INVALID_FIELD", "queue", "NUL"),
                form(a().field("handler", "\0"), 400, "INVALID_FIELD", "handler", "NUL"),
                form(
                        a().field("queue", "slow").field("queue", "slow"),
                        400,
                        "INVALID_FIELD",
                        "queue",
                        "more than once"),
                form(a().field("input", "{}"), 400, "UNKNOWN_FIELD", "input", "options"),
                form(new Form().field("queue", "slow"), 400, "MISSING_FILE", "file", "file"),
                form(new Form(), 400, "MISSING_FILE", "file", "file"),
                form(a().file("b.txt", "text/plain", TEXT), 400, "TOO_MANY_FILES", "file", "2 files"),
                form(Form.of("a.txt", new byte[0]), 400, "EMPTY_FILE", "file", "no bytes"),
                form(Form.of("a.txt", new byte[MAX_UPLOAD + 1]), 413, "BODY_TOO_LARGE", "file", "" + MAX_UPLOAD),
                form(manyParts(99), 400, "UNKNOWN_FIELD", "f0", "known"),
                form(manyParts(10_000), 400, "MALFORMED_MULTIPART", null, "100 parts"),
                form(
                        a().part("name=\"x\"\r\nX-Long: " + "y".repeat(20_000), TEXT),
                        400,
                        "MALFORMED_MULTIPART",
                        null,
                        ""),
                form(a().part("filename=\"nameless\"", TEXT), 400, "MALFORMED_MULTIPART", null, "name"),
                body(
                        multipart(),
                        Arrays.copyOf(file, file.length - 20),
                        400,
                        "MALFORMED_MULTIPART",
                        null,
                        "ends early"),
                body(multipart(), Arrays.copyOf(file, 20), 400, "MALFORMED_MULTIPART", null, "ends early"),
                body(multipart(), new byte[0], 400, "MALFORMED_MULTIPART", null, "ends early"),
                body("multipart/form-data", file, 400, "MALFORMED_MULTIPART", null, "boundary"),
                body("multipart/form-data; boundary=", file, 400, "MALFORMED_MULTIPART", null, "boundary"),
                body(
                        "multipart/mixed; boundary=x",
                        file,
                        415,
                        "UNSUPPORTED_MEDIA_TYPE",
                        "Content-Type",
                        "multipart/form-data"),
                body("text/plain", TEXT, 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type", "application/json"),
                body("", TEXT, 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type", "application/json"),
                body(
                        "application/jsonx",
                        "{\"handler\":\"echo\"}".getBytes(StandardCharsets.UTF_8),
                        415,
                        "UNSUPPORTED_MEDIA_TYPE",
                        "Content-Type",
                        "application/json"));
    }

    static Stream<Arguments> json() {
        return Stream.of(
                json(
                        "{\"handler\":\"echo\",\"queue\":\"fast\"}",
                        400,
                        "UNKNOWN_QUEUE",
                        "queue",
                        "urgent, default, slow"),
                json("{\"handler\":\"nobody\"}", 400, "UNKNOWN_HANDLER", "handler", "echo, process_document"),
                json("{\"handler\":\"echo\",\"extra\":1}", 400, "UNKNOWN_FIELD", "extra", "handler, input"),
                json("{\"handler\":\"ec\\u0000ho\"}", 400, "INVALID_FIELD", "handler", "NUL"),
                json("{\"handler\":7}", 400, "INVALID_FIELD", "handler", "text"),
                json("{\"handler\":null}", 400, "INVALID_FIELD", "handler", "given"),
                json("{}", 400, "INVALID_FIELD", "handler", "given"),
                json("{\"handler\":\"echo\",\"input\":[1]}", 400, "INVALID_FIELD", "input", "object"),
                json("{\"handler\":\"echo\",\"review\":\"true\"}", 400, "INVALID_FIELD", "review", "true or false"),
                json("{\"handler\":\"echo\",\"review\":true}", 400, "INVALID_FIELD", "review", "process_document"),
                json("{\"handler\":\"echo\",\"options\":\"x\"}", 400, "INVALID_FIELD", "options", "object"),
                json(
                        "{\"handler\":\"echo\",\"max_attempts\":\"3\"}",
                        400,
                        "INVALID_FIELD",
                        "max_attempts",
                        "1 to 1000"),
                json("{\"handler\":\"echo\",\"max_attempts\":1.5}", 400, "INVALID_FIELD", "max_attempts", "1 to 1000"),
                json(
                        "{\"handler\":\"echo\",\"max_attempts\":18446744073709551617}",
                        400,
                        "INVALID_FIELD",
                        "max_attempts",
                        "1 to 1000"),
                json("{\"handler\":\"echo\",\"timeout_sec\":0}", 400, "INVALID_FIELD", "timeout_sec", "1 to 604800"),
                json("{\"handler\":\"echo\",\"run_after\":1700000000}", 400, "INVALID_FIELD", "run_after", "text"),
                json("{\"handler\":\"echo\",\"handler\":\"echo\"}", 400, "MALFORMED_JSON", null, "handler"),
                json("{\"handler\":\"echo\",\"input\":{\"n\":1e400}}", 400, "MALFORMED_JSON", null, "number"),
                json(
                        "{\"handler\":\"echo\",\"input\":{\"n\":" + "9".repeat(2_000) + "}}",
                        400,
                        "MALFORMED_JSON",
                        null,
                        ""),
                json("{\"handler\":\"echo\",\"input\":{\"n\":NaN}}", 400, "MALFORMED_JSON", null, "line 1"),
                json("{\"handler\":\"echo\"", 400, "MALFORMED_JSON", null, "line 1"),
                json("{\"handler\":\"echo\"} x", 400, "MALFORMED_JSON", null, "line 1"),
                json("{\"handler\":\"echo\"}{}", 400, "MALFORMED_JSON", null, ""),
                json("[{\"handler\":\"echo\"}]", 400, "MALFORMED_JSON", null, "object"),
                json("42", 400, "MALFORMED_JSON", null, "object"),
                json("null", 400, "MALFORMED_JSON", null, "object"),
                json("", 400, "MALFORMED_JSON", null, ""),
                json("   ", 400, "MALFORMED_JSON", null, ""),
                json("\0", 400, "MALFORMED_JSON", null, ""),
                json("{\"handler\":\"echo\",\"input\":" + nested(200_000) + "}", 400, "MALFORMED_JSON", null, "100"));
    }

    @ParameterizedTest(name = "{0}: {3} {4}")
    @MethodSource("forms")
    void badFormIsRefusedByName(
            String name, String contentType, byte[] body, int status, String code, String field, String words) {
        refused(contentType, body, status, code, field, words);
    }

    @ParameterizedTest(name = "{0}: {3} {4}")
    @MethodSource("json")
    void badJsonIsRefusedByName(
            String name, String contentType, byte[] body, int status, String code, String field, String words) {
        refused(contentType, body, status, code, field, words);
    }

    private static void refused(String contentType, byte[] body, int status, String code, String field, String words) {
        var headers = contentType.isEmpty()
                ? new String[] {"X-Request-Id", "request-7"}
                : new String[] {"X-Request-Id", "request-7", "Content-Type", contentType};
        var answer = api.send("POST", "/pipeline/enqueue", body, headers)
                .isProblem(status, code, field)
                .says(words);
        assertThat(answer.json().path("request_id").asText()).isEqualTo("request-7");
        if (code.equals("MALFORMED_MULTIPART") || status == 413) {
            assertThat(answer.header("Connection")).as("the server ends it").isEqualTo("close");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "X-Realm, no spaces, INVALID_FIELD",
        "X-Realm, a/b, INVALID_FIELD",
        "Idempotency-Key, two words, INVALID_FIELD",
        "Idempotency-Key, '', INVALID_FIELD"
    })
    void badHeaderIsRefusedByName(String header, String value, String code) {
        api.enqueue("{\"handler\":\"echo\"}", header, value).isProblem(400, code, header);
        api.upload(a(), header, value).isProblem(400, code, header);
    }

    @Test
    void tooLongKeyIsRefused() {
        api.enqueue("{\"handler\":\"echo\"}", "Idempotency-Key", "k".repeat(256))
                .isProblem(400, "INVALID_FIELD", "Idempotency-Key");
    }

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
                + "Content-Length: 11000000\r\n\r\n");
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

    private static Form a() {
        return Form.of("a.txt", TEXT);
    }

    private static Form manyParts(int count) {
        var form = a();
        for (int i = 0; i < count; i++) {
            form.field("f" + i, "x");
        }
        return form;
    }

    private static String multipart() {
        return new Form().contentType();
    }

    private static String nested(int levels) {
        return "{\"a\":".repeat(levels) + "1" + "}".repeat(levels);
    }

    private static Arguments form(Form form, int status, String code, String field, String words) {
        return body(form.contentType(), form.bytes(), status, code, field, words);
    }

    private static Arguments json(String body, int status, String code, String field, String words) {
        return body("application/json", body.getBytes(StandardCharsets.UTF_8), status, code, field, words);
    }

    private static Arguments body(String type, byte[] body, int status, String code, String field, String words) {
        var start = new String(body, 0, Math.min(body.length, 300), StandardCharsets.UTF_8)
                .replaceAll("\\s+", " ")
                .replace('\0', '0');
        var name = start.substring(Math.max(0, start.length() - 100));
        return Arguments.of(name, type, body, status, code, field, words);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "utf-7", "%"})
    void charsetThatNobodyKnowsIsNamed(String charset) {
        for (var path :
                List.of("/pipeline/enqueue", "/pipeline/enqueue/batch", "/pipeline/jobs/bulk", "/pipeline/session")) {
            api.send(
                            "POST",
                            path,
                            "{}".getBytes(StandardCharsets.UTF_8),
                            "Content-Type",
                            "application/json; charset=" + charset)
                    .isProblem(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
        }
        api.send(
                        "POST",
                        "/pipeline/batch",
                        "--b--".getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        "multipart/form-data; boundary=b; charset=" + charset)
                .isProblem(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
    }
}
