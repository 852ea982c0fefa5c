package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers that cannot be taken: by their values, because they stand twice, or because nobody can tell where the body ends. */
class BadHeaderTest {
    private static final byte[] TEXT = "some text".getBytes(StandardCharsets.UTF_8);
    private static final String JSON = "{\"handler\":\"echo\"}";

    @AutoClose
    private static final RunningApi api = RunningApi.start();

    @RegisterExtension
    static final LeftUnchanged leftUnchanged = new LeftUnchanged(api);

    @ParameterizedTest
    @CsvSource({
        "X-Realm, no spaces, INVALID_FIELD",
        "X-Realm, a/b, INVALID_FIELD",
        "Idempotency-Key, two words, INVALID_FIELD",
        "Idempotency-Key, '', INVALID_FIELD"
    })
    void badHeaderIsRefusedByName(String header, String value, String code) {
        api.enqueue("{\"handler\":\"echo\"}", header, value).isProblem(400, code, header);
        api.upload(Form.of("a.txt", TEXT), header, value).isProblem(400, code, header);
    }

    @Test
    void tooLongKeyIsRefused() {
        api.enqueue("{\"handler\":\"echo\"}", "Idempotency-Key", "k".repeat(256))
                .isProblem(400, "INVALID_FIELD", "Idempotency-Key");
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

    @ParameterizedTest
    @ValueSource(
            strings = {"application/json; charset", "application/json;charset;a=b", "text/plain; CHARSET", "a; charsets"
            })
    void charsetWithoutANameIsRefused(String type) {
        api.get("/pipeline/stats", "Content-Type", type).isProblem(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
        api.send("POST", "/pipeline/session", "{}".getBytes(StandardCharsets.UTF_8), "Content-Type", type)
                .isProblem(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization",
                "X-Admin-Key",
                "X-Api-Key",
                "X-CSRF-Token",
                "X-Realm",
                "Idempotency-Key",
                "Content-Type",
                "Last-Event-ID"
            })
    void headerThatStandsTwiceIsNamed(String header) throws IOException {
        var value = header.equals("Content-Type") ? "application/json" : "a";
        var lines = header + ": " + value + "\r\n" + header + ": " + value + "\r\n";
        var type = header.equals("Content-Type") ? "" : "Content-Type: application/json\r\n";
        Answer.parse(posted(type + lines, JSON))
                .isProblem(400, "INVALID_FIELD", header)
                .says("more than once");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Realm: a\rX-Smuggled: 1",
                "X-Realm: a\r\n X-Smuggled: 1",
                "X-Realm: a\0b",
                "X-Realm: a\u0001b",
                "X-Realm\0: a",
                "X-Realm : a",
                "X Realm: a",
                ": a",
                "X-Realm",
                "Idempotency-Key: \u00e9",
                "Idempotency-Key: a\tb",
                "X-Realm: \u00ff\u00fe",
                "Host: other"
            })
    void headerThatNobodyShouldSendIsRefused(String line) throws IOException {
        var raw = posted("Content-Type: application/json\r\n" + line + "\r\n", JSON);
        var answer = Answer.parse(raw).is(400);
        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
        assertThat(answer.header("X-Smuggled")).isNull();
    }

    /** What one server takes for the body of a request, the next may take for another request. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 18\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nContent-Length: 18",
                "Content-Length: 18\r\nContent-Length: 17",
                "Content-Length: 18, 17",
                "Content-Length: +18",
                "Content-Length: -1",
                "Content-Length: 0x12",
                "Content-Length: 99999999999999999999",
                "Content-Length:",
                "Transfer-Encoding: identity",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding:\u000bchunked"
            })
    void bodyWhoseEndIsInDoubtIsRefused(String lines) throws IOException {
        var raw = api.raw("POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\n" + lines + "\r\n\r\n" + JSON);
        assertThat(raw).matches("(?s)HTTP/1\\.1 (400|413|501) .*").contains("application/problem+json");
        assertThat(raw.split("HTTP/1\\.1 ")).as("answers to one request").hasSize(2);
    }

    @Test
    void requestIdNeverBringsAHeader() throws IOException {
        for (var id : List.of("a%0d%0aX-Smuggled: 1", "a\tb", "\u00e9", "x".repeat(65))) {
            var raw = api.raw("GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: " + id
                    + "\r\n\r\n");
            var answer = Answer.parse(raw).isProblem(404, "NOT_FOUND", null);
            assertThat(answer.header("X-Smuggled")).isNull();
            assertThat(answer.header("X-Request-Id")).isNotEqualTo(id);
        }
    }

    private static String posted(String headers, String body) throws IOException {
        return api.raw("POST /pipeline/enqueue HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers
                + "Content-Length: " + body.length() + "\r\n\r\n" + body);
    }
}
