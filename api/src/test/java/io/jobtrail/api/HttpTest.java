package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that miss: wrong paths, methods, ids and parameters, and bytes that are hardly HTTP. */
class HttpTest {
    private static final String NOBODY = "01a20109-be74-7000-9b7e-bcbd8005ded9";
    private static RunningApi api;

    @BeforeAll
    static void start() {
        api = RunningApi.start();
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "status/%s",
                "jobs/%s/history",
                "jobs/%s/result",
                "jobs/%s/chunks",
                "jobs/%s/file",
                "hitl/%s/prompt"
            })
    void everyPathOfAJobRefusesWhatIsNoIdAndDoesNotKnowStrangers(String path) {
        for (var id : new String[] {
            "1", "not-a-uuid", NOBODY + "0", NOBODY.replace("-", ""), "' OR 1=1 --".replace(" ", "%20")
        }) {
            api.get("/pipeline/" + path.formatted(id))
                    .isProblem(400, "INVALID_ID", "id")
                    .says("0190e2a4");
        }
        api.get("/pipeline/" + path.formatted(NOBODY))
                .isProblem(404, "NOT_FOUND", null)
                .says(NOBODY);
        api.get("/pipeline/" + path.formatted(NOBODY.toUpperCase(java.util.Locale.ROOT)))
                .is(404);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "limit=0 | INVALID_FIELD | limit | 1 to 500",
                "limit=501 | INVALID_FIELD | limit | 1 to 500",
                "limit=abc | INVALID_FIELD | limit | 1 to 500",
                "limit=-1 | INVALID_FIELD | limit | 1 to 500",
                "limit=1e9 | INVALID_FIELD | limit | 1 to 500",
                "limit=99999999999 | INVALID_FIELD | limit | 1 to 500",
                "limit= | INVALID_FIELD | limit | 1 to 500",
                "limit=5&limit=6 | INVALID_FIELD | limit | more than once",
                "status=done | INVALID_FIELD | status | queued, running, retrying, awaiting_input, finished, failed, cancelled",
                "realm= | INVALID_FIELD | realm | empty",
                "handler= | INVALID_FIELD | handler | empty",
                "error_code= | INVALID_FIELD | error_code | empty",
                "q= | INVALID_FIELD | q | empty",
                "queue=fast | UNKNOWN_QUEUE | queue | urgent, default, slow",
                "cursor=x | INVALID_FIELD | cursor | next_cursor",
                "cursor=%C3%A9 | INVALID_FIELD | cursor | next_cursor",
                "cursor= | INVALID_FIELD | cursor | next_cursor",
                "realm=a%00b | INVALID_FIELD | realm | NUL",
                "handler=%00 | INVALID_FIELD | handler | NUL",
                "error_code=%00 | INVALID_FIELD | error_code | NUL",
                "q=%00 | INVALID_FIELD | q | NUL",
                "page=2 | UNKNOWN_FIELD | page | cursor, error_code, handler, limit, q, queue, realm, status"
            })
    void badParameterOfTheListIsRefusedByName(String query, String code, String field, String words) {
        api.get("/pipeline/jobs/recent?" + query).isProblem(400, code, field).says(words);
    }

    @Test
    void longSearchIsRefusedAndAnyOtherTextIsTakenLiterally() {
        api.get("/pipeline/jobs/recent?q=" + "x".repeat(1_001)).isProblem(400, "INVALID_FIELD", "q");
        for (var q : new String[] {"%25", "_", "%5C", "%27", "%F0%9F%98%80", "a%20b", "%5C%5C%25"}) {
            assertThat(api.get("/pipeline/jobs/recent?q=" + q)
                            .is(200)
                            .json()
                            .path("count")
                            .asInt())
                    .isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /pipeline/enqueue",
        "DELETE, /pipeline/stats",
        "PUT, /pipeline/jobs/recent",
        "GET, /pipeline/jobs/bulk",
        "GET, /pipeline/hitl/" + NOBODY + "/response",
        "PUT, /pipeline/status/" + NOBODY,
        "POST, /heartbeat",
        "PATCH, /health"
    })
    void wrongMethodIs405(String method, String path) {
        api.send(method, path, null).isProblem(405, "METHOD_NOT_ALLOWED", null).says(method, path);
    }

    /** And not for an id of a path beside it. */
    @ParameterizedTest
    @CsvSource({
        "DELETE, /pipeline/jobs/bulk, POST",
        "GET, /pipeline/jobs/bulk, POST",
        "DELETE, /pipeline/jobs/recent, 'GET, HEAD'",
        "POST, /pipeline/jobs/recent, 'GET, HEAD'",
        "PUT, /pipeline/session, 'DELETE, GET, HEAD, POST'",
        "PUT, /pipeline/jobs/" + NOBODY + ", 'DELETE, POST'",
        "DELETE, /heartbeat, 'GET, HEAD'"
    })
    void whatAPathTakesIsSaidInAllow(String method, String path, String allowed) {
        var refused = api.send(method, path, null).isProblem(405, "METHOD_NOT_ALLOWED", null);
        assertThat(java.util.Set.of(refused.header("Allow").split(", ")))
                .isEqualTo(java.util.Set.of(allowed.split(", ")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/nothing",
                "/pipeline",
                "/pipeline/",
                "/pipeline/jobs",
                "/pipeline/status/",
                "/pipeline/status/a/b",
                "/%F0%9F%98%80"
            })
    void wrongPathIs404(String path) {
        api.get(path).isProblem(404, "NOT_FOUND", null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /a%zz HTTP/1.1",
                "GET /a% HTTP/1.1",
                "GET /a%2 HTTP/1.1",
                "GET /pipeline/status/%00 HTTP/1.1",
                "GET /pipeline/status/%2F HTTP/1.1",
                "GET /pipeline/status/%5C HTTP/1.1",
                "GET /a%c0%ae HTTP/1.1",
                "POST /pipeline/queues/slow;a%xx HTTP/1.1",
                "GET /pipeline/status/a;%zz HTTP/1.1",
                "GET /pipeline/stats?realm=a%00b HTTP/1.1",
                "GET /../../etc/passwd HTTP/1.1",
                "GET /pipeline/status/..;/x HTTP/1.1",
                "GET /a<b>{c} HTTP/1.1",
                "GET /a\u0001b HTTP/1.1",
                "GET /pipeline/jobs/recent?q=%zz HTTP/1.1",
                "GET /pipeline/jobs/recent?q=%ff HTTP/1.1",
                "GET /pipeline/jobs/recent?%zz=1 HTTP/1.1",
                "GET nothing HTTP/1.1",
                "G\u00e9T / HTTP/1.1",
                "GET / HTTP/9.9",
                "rubbish"
            })
    void whatIsHardlyHttpIsAnsweredAsAProblem(String line) throws IOException {
        var answer = api.raw(line + "\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assertThat(answer).matches("(?s)HTTP/1\\.1 (4\\d\\d|505) .*");
        assertThat(answer.toLowerCase(java.util.Locale.ROOT)).doesNotContain("<html", "jetty", "exception");
        if (!line.equals("rubbish") && !line.contains("9.9")) {
            assertThat(answer).contains("Content-Type: application/problem+json", "\"code\":\"", "\"request_id\":\"");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /pipeline/status/%00 HTTP/1.1",
                "GET /pipeline/status/%s%n HTTP/1.1",
                "DELETE /pipeline/jobs/a%00b HTTP/1.1",
                "POST /pipeline/session HTTP/1.1\r\nTransfer-Encoding: chunked",
                "POST /nothing HTTP/1.1\r\nTransfer-Encoding: chunked",
                "POST /nothing HTTP/1.1\r\nContent-Length: 70000000"
            })
    void whoIsHungUpOnIsTold(String line) throws IOException {
        assertThat(Answer.parse(api.raw(line + "\r\nHost: localhost\r\n\r\n")).header("Connection"))
                .isEqualTo("close");
    }

    @Test
    void tooLongHeadersAndAddressesAreProblemsToo() throws IOException {
        var longHeader = api.raw("GET /heartbeat HTTP/1.1\r\nHost: x\r\nX-Long: " + "y".repeat(40_000) + "\r\n\r\n");
        assertThat(longHeader).startsWith("HTTP/1.1 431").contains("application/problem+json");
        var longPath = api.raw("GET /" + "y".repeat(40_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(longPath).startsWith("HTTP/1.1 414").contains("application/problem+json");
    }

    @Test
    void harmlessRequestIdIsEchoedAndAnyOtherReplaced() {
        assertThat(api.get("/heartbeat", "X-Request-Id", "abc-1").header("X-Request-Id"))
                .isEqualTo("abc-1");
        var problem = api.get("/nothing", "X-Request-Id", "<script>").isProblem(404, "NOT_FOUND", null);
        assertThat(problem.text()).doesNotContain("<script>");
    }

    @Test
    void everyAnswerForbidsSniffingAndStoring() {
        for (var path : new String[] {"/heartbeat", "/nothing", "/pipeline/stats", "/pipeline/status/1"}) {
            assertThat(api.get(path).header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(api.get(path).header("Cache-Control")).isEqualTo("no-store");
        }
    }

    @Test
    void answersAreUtf8() {
        var id = api.enqueue("{\"handler\":\"echo\",\"input\":{\"t\":\"āé€😀\"}}")
                .is(202)
                .jobId();
        assertThat(new String(api.get("/pipeline/status/" + id).body(), StandardCharsets.UTF_8))
                .contains("āé€😀");
    }

    @Test
    void headersOfOneConnectionAreNotTakenForEachOther() {
        var body = "{\"handler\":\"echo\"}";
        var upper =
                api.enqueue(body, "X-Realm", "Acme", "Idempotency-Key", "KEY-1").is(202);
        var lower =
                api.enqueue(body, "X-Realm", "acme", "Idempotency-Key", "key-1").is(202);
        assertThat(upper.json().path("realm").asText()).isEqualTo("Acme");
        assertThat(lower.json().path("realm").asText()).isEqualTo("acme");
        api.enqueue(body, "X-Realm", "acme", "Idempotency-Key", "KEY-1").is(202);
    }
}
