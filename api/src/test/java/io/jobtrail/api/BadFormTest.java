package io.jobtrail.api;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Forms that cannot be accepted: each gets an answer that says what is wrong with it, and leaves nothing behind. */
class BadFormTest {
    private static final int MAX_UPLOAD = 2 << 20;
    private static final byte[] TEXT = "some text".getBytes(StandardCharsets.UTF_8);

    @AutoClose
    private static final RunningApi api = RunningApi.start("MAX_UPLOAD_BYTES", Integer.toString(MAX_UPLOAD));

    @RegisterExtension
    static final LeftUnchanged leftUnchanged = new LeftUnchanged(api);

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
                body("multipart/form-data; boundary=another", file, 400, "MALFORMED_MULTIPART", null, "ends early"),
                body(
                        multipart(),
                        Arrays.copyOf(file, file.length - "--\r\n".length()),
                        400,
                        "MALFORMED_MULTIPART",
                        null,
                        "ends early"),
                body(
                        multipart(),
                        "\r\n".repeat(1_000).getBytes(StandardCharsets.UTF_8),
                        400,
                        "MALFORMED_MULTIPART",
                        null,
                        "ends early"),
                form(Form.of("x".repeat(10_000), TEXT), 400, "MALFORMED_MULTIPART", null, "8192 bytes"),
                form(a().field("max_attempts", "NaN"), 400, "INVALID_FIELD", "max_attempts", "whole number"),
                form(a().field("max_attempts", "-0"), 400, "INVALID_FIELD", "max_attempts", "1 to 1000"),
                form(a().field("max_attempts", "1e2"), 400, "INVALID_FIELD", "max_attempts", "whole number"),
                form(a().field("run_after", "2026-02-30T00:00:00Z"), 400, "INVALID_FIELD", "run_after", "Z"),
                form(a().field("run_after", "1969-12-31T23:59:59Z"), 400, "INVALID_FIELD", "run_after", "1970"),
                form(a().field("run_after", "9999-12-31T23:59:59Z"), 400, "INVALID_FIELD", "run_after", "9999"),
                form(a().field("options", "{\"a\":1,\"a\":2}"), 400, "MALFORMED_JSON", "options", "a"),
                form(a().field("options", nested(200)), 400, "MALFORMED_JSON", "options", "100"),
                body("multipart/form-data", file, 400, "MALFORMED_MULTIPART", null, "boundary"),
                body("multipart/form-data; boundary=\"b", file, 400, "MALFORMED_MULTIPART", null, "boundary"),
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

    @ParameterizedTest(name = "{0}: {3} {4}")
    @MethodSource("forms")
    void badFormIsRefusedByName(
            String name, String contentType, byte[] body, int status, String code, String field, String words) {
        Refusal.of(api, contentType, body, status, code, field, words);
    }

    /** Old clients sent several files so; what is within the part is of no matter to this server. */
    @Test
    void nestedMultipartNeverBringsFieldsOrFiles() {
        var form =
                new String(Form.of("inner.txt", TEXT).field("queue", "nonsense").bytes(), StandardCharsets.UTF_8);
        var within = form.replace(Form.BOUNDARY, "inner").getBytes(StandardCharsets.UTF_8);
        var nested = new Form().part("name=\"options\"\r\nContent-Type: multipart/mixed; boundary=inner", within);
        Refusal.of(api, nested.contentType(), nested.bytes(), 400, "MISSING_FILE", "file", "file");
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

    private static Arguments body(String type, byte[] body, int status, String code, String field, String words) {
        return Arguments.of(Refusal.name(body), type, body, status, code, field, words);
    }
}
