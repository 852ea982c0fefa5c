package io.jobtrail.api;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** JSON that cannot be accepted: each gets an answer that says what is wrong with it, and leaves nothing behind. */
class BadJsonTest {
    @AutoClose
    private static final RunningApi api = RunningApi.start();

    @RegisterExtension
    static final LeftUnchanged leftUnchanged = new LeftUnchanged(api);

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
                json("{\"handler\":\"process_document\",\"input\":{}}", 400, "MISSING_FILE", "file", "s3_key"),
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
                json("{\"handler\":\"echo\",\"handler\":\"echo\"}", 400, "MALFORMED_JSON", "body", "handler"),
                json("{\"handler\":\"echo\",\"input\":{\"n\":1e400}}", 400, "MALFORMED_JSON", "body", "number"),
                json(
                        "{\"handler\":\"echo\",\"input\":{\"n\":" + "9".repeat(2_000) + "}}",
                        400,
                        "MALFORMED_JSON",
                        "body",
                        "digits"),
                json("{\"handler\":\"echo\",\"input\":{\"n\":NaN}}", 400, "MALFORMED_JSON", "body", "line 1"),
                json("{\"handler\":\"echo\",\"max_attempts\":-0}", 400, "INVALID_FIELD", "max_attempts", "1 to 1000"),
                json("{\"handler\":\"echo\",\"max_attempts\":1e400}", 400, "MALFORMED_JSON", "body", "number"),
                json("{\"handler\":\"echo\",\"timeout_sec\":Infinity}", 400, "MALFORMED_JSON", "body", "line 1"),
                json(
                        "{\"handler\":\"echo\",\"run_after\":\"+10000-01-01T00:00:00Z\"}",
                        400,
                        "INVALID_FIELD",
                        "run_after",
                        "9999"),
                json(
                        "{\"handler\":\"echo\",\"input\":" + "[".repeat(200_000) + "}",
                        400,
                        "MALFORMED_JSON",
                        "body",
                        "100"),
                json("{'handler':'echo'}", 400, "MALFORMED_JSON", "body", "line 1"),
                json("{\"handler\":\"echo\",}", 400, "MALFORMED_JSON", "body", "line 1"),
                json("{\"handler\":\"echo\"", 400, "MALFORMED_JSON", "body", "line 1"),
                json("{\"handler\":\"echo\"} x", 400, "MALFORMED_JSON", "body", "line 1"),
                json("{\"handler\":\"echo\"}{}", 400, "MALFORMED_JSON", "body", ""),
                json("[{\"handler\":\"echo\"}]", 400, "MALFORMED_JSON", "body", "object"),
                json("42", 400, "MALFORMED_JSON", "body", "object"),
                json("null", 400, "MALFORMED_JSON", "body", "object"),
                json("", 400, "MALFORMED_JSON", "body", ""),
                json("   ", 400, "MALFORMED_JSON", "body", ""),
                json("\0", 400, "MALFORMED_JSON", "body", ""),
                json("{\"handler\":\"echo\",\"input\":" + nested(200_000) + "}", 400, "MALFORMED_JSON", "body", "100"));
    }

    @ParameterizedTest(name = "{0}: {2} {3}")
    @MethodSource("json")
    void badJsonIsRefusedByName(String name, byte[] body, int status, String code, String field, String words) {
        Refusal.of(api, "application/json", body, status, code, field, words);
    }

    private static String nested(int levels) {
        return "{\"a\":".repeat(levels) + "1" + "}".repeat(levels);
    }

    private static Arguments json(String body, int status, String code, String field, String words) {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        return Arguments.of(Refusal.name(bytes), bytes, status, code, field, words);
    }
}
