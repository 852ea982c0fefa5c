package io.jobtrail.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.bench.fuzz.Exchange.Manner;
import io.jobtrail.bench.fuzz.Violation.Rule;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule has an answer here that only it objects to, and one that nobody does. */
class JudgeTest {
    private static final String GET = "GET /pipeline/stats HTTP/1.1\r\nX-Api-Key: key-north\r\n\r\n";
    private static final Judge JUDGE = new Judge(
            "key-admin",
            Map.of("key-north", "north", "key-south", "south"),
            Map.of("north", "canaryN", "south", "canaryS"));

    private static Reply reply(int status, String type, String body, String... more) {
        var headers =
                new HashMap<>(Map.of("content-type", type, "x-request-id", "r1", "x-content-type-options", "nosniff"));
        for (int i = 0; i < more.length; i += 2) {
            headers.put(more[i], more[i + 1]);
        }
        headers.values().removeIf(String::isEmpty);
        return new Reply(status, headers, body.getBytes(StandardCharsets.UTF_8));
    }

    private static Reply problem(int status, String code, String detail, String errors, String... more) {
        return reply(
                status,
                "application/problem+json",
                "{\"type\":\"about:blank\",\"title\":\"t\",\"status\":%d,\"detail\":\"%s\",\"code\":\"%s\",\"request_id\":\"r1\"%s}"
                        .formatted(status, detail, code, errors),
                more);
    }

    private static List<Rule> judged(String request, Manner manner, Reply... replies) {
        var sent = request.getBytes(StandardCharsets.ISO_8859_1);
        return JUDGE.judge(new Exchange("GET /a", sent, manner, List.of(replies), Duration.ofMillis(5))).stream()
                .map(Violation::rule)
                .toList();
    }

    private static List<Rule> judged(Reply reply) {
        return judged(GET, Manner.SOUND, reply);
    }

    @Test
    void nobodyObjectsToWhatIsRight() {
        assertThat(judged(reply(200, "application/json", "{\"realm\":\"north\",\"q\":\"canaryN\"}")))
                .isEmpty();
        assertThat(judged(problem(400, "INVALID_FIELD", "limit must be 1", ",\"errors\":[{\"field\":\"limit\"}]")))
                .isEmpty();
        assertThat(judged(problem(400, "MALFORMED_JSON", "not JSON", ""))).isEmpty();
        assertThat(judged(problem(405, "METHOD_NOT_ALLOWED", "no", "", "allow", "GET")))
                .isEmpty();
        assertThat(judged("HEAD / HTTP/1.1\r\n\r\n", Manner.SOUND, reply(404, "application/problem+json", "")))
                .isEmpty();
        assertThat(judged("rubbish", Manner.DAMAGED)).isEmpty();
        assertThat(judged("GET / HTTP/9", Manner.DAMAGED, problem(505, "MALFORMED_REQUEST", "no", "")))
                .isEmpty();
    }

    @Test
    void answerIsToTheRequestThatWasSent() {
        var asked = "GET /a HTTP/1.1\r\nX-Request-Id: %s\r\n\r\nX-Request-Id: r9\r\n";
        var answer = reply(200, "application/json", "{}");
        assertThat(judged(asked.formatted("r1"), Manner.SOUND, answer)).isEmpty();
        assertThat(judged(asked.formatted("r2"), Manner.SOUND, answer)).containsExactly(Rule.FOREIGN_ANSWER);
        assertThat(judged(asked.formatted("r2"), Manner.DAMAGED, answer)).isEmpty();
        assertThat(judged(asked.formatted("a value that is not repeated"), Manner.SOUND, answer))
                .isEmpty();
        assertThat(judged(asked.formatted("not repeated\r\nX-Request-Id: r3"), Manner.SOUND, answer))
                .isEmpty();
        assertThat(judged(asked.formatted("r2"), Manner.SOUND, reply(200, "a", "{}", "connection", "close")))
                .isEmpty();
    }

    @Test
    void requestThatIsSoundIsAnswered() {
        assertThat(judged(GET, Manner.SOUND)).containsExactly(Rule.NO_ANSWER);
        assertThat(judged(GET, Manner.SOUND, new Reply(0, Map.of(), "oops".getBytes(StandardCharsets.UTF_8))))
                .containsExactly(Rule.NO_HTTP);
    }

    @Test
    void serverNeverFails() {
        assertThat(judged(problem(500, "INTERNAL_ERROR", "it failed", ""))).containsExactly(Rule.SERVER_ERROR);
        assertThat(judged(problem(503, "NO_ROOM", "come again", ""))).containsExactly(Rule.SERVER_ERROR);
        assertThat(judged(problem(505, "MALFORMED_REQUEST", "no", ""))).containsExactly(Rule.SERVER_ERROR);
    }

    @Test
    void onlyLargeBodiesMayFindNoRoom() {
        var full = problem(503, "NO_ROOM", "come again", "");
        assertThat(judged("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", Manner.SOUND, full))
                .isEmpty();
        assertThat(judged("POST / HTTP/1.1\r\n\r\n" + "x".repeat(70_000), Manner.SOUND, full))
                .isEmpty();
        assertThat(judged("POST / HTTP/1.1\r\n\r\n{}", Manner.SOUND, full)).containsExactly(Rule.SERVER_ERROR);
    }

    @Test
    void refusalHasItsForm() {
        assertThat(judged(reply(404, "text/html", "<h1>404</h1>"))).containsExactly(Rule.NO_PROBLEM);
        assertThat(judged(reply(404, "application/json", "{\"status\":404}"))).containsExactly(Rule.NO_PROBLEM);
        assertThat(judged(reply(404, "application/problem+json", ""))).containsExactly(Rule.NO_PROBLEM);
        assertThat(judged(problem(404, "", "no code", ""))).containsExactly(Rule.NO_PROBLEM);
        assertThat(judged(problem(404, "NOT_FOUND", "another id", "", "x-request-id", "r2")))
                .containsExactly(Rule.NO_PROBLEM);
        assertThat(judged(problem(400, "INVALID_FIELD", "which one?", ""))).containsExactly(Rule.NAMELESS_FAULT);
        assertThat(judged(problem(405, "METHOD_NOT_ALLOWED", "no", ""))).containsExactly(Rule.NO_ALLOW);
    }

    @Test
    void onlyAnAnswerThatNobodyAskedForIsRefusedInItsOwnWay() {
        var ignored = reply(409, "application/json", "{\"status\":\"ignored\",\"detail\":\"d\",\"request_id\":\"r1\"}");
        assertThat(judged("POST /pipeline/hitl/1/response HTTP/1.1\r\n\r\n", Manner.SOUND, ignored))
                .isEmpty();
        assertThat(judged(ignored)).containsExactly(Rule.NO_PROBLEM);
    }

    @Test
    void jsonIsJson() {
        assertThat(judged(reply(200, "application/json", "{\"a\":"))).containsExactly(Rule.BROKEN_JSON);
    }

    @Test
    void headersAreThereAndNoneIsMadeUp() {
        assertThat(judged(reply(200, "text/plain", "a", "x-request-id", ""))).containsExactly(Rule.MISSING_HEADER);
        assertThat(judged(reply(200, "text/plain", "a", "x-content-type-options", "")))
                .containsExactly(Rule.MISSING_HEADER);
        assertThat(judged(reply(200, "text/plain", "a", "x-smuggled", "1"))).containsExactly(Rule.SMUGGLED_HEADER);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "java.lang.String cannot be cast",
                "org.postgresql.util.PSQLException",
                "NullPointerException",
                "relation pipeline_jobs does not exist",
                "SELECT id FROM jobs",
                "Caused by: something",
                "at io.jobtrail.api.Routes.server(Routes.java:12)",
                "org.eclipse.jetty.io.EofException",
                "ERROR: deadlock detected"
            })
    void innerWordsStayInside(String words) {
        assertThat(judged(problem(404, "NOT_FOUND", words, ""))).containsExactly(Rule.INNER_WORDS);
        var asked = "GET /pipeline/" + words + " HTTP/1.1\r\n\r\n";
        assertThat(judged(asked, Manner.SOUND, problem(404, "NOT_FOUND", words, "")))
                .as("what the caller said may be said again")
                .isEmpty();
    }

    @Test
    void stackTraceIsNoPartOfAnyAnswer() {
        assertThat(judged(reply(200, "text/plain", "a\n\tat io.jobtrail.A.b(A.java:1)\n")))
                .containsExactly(Rule.INNER_WORDS);
    }

    @ParameterizedTest
    @CsvSource({
        "key-north, canaryN, false",
        "key-north, canaryS, true",
        "key-south, canaryN, true",
        "key-admin, canaryS, false",
        "key-other, canaryN, true",
        "'', canaryN, true"
    })
    void nobodyHearsOfAnotherRealm(String key, String word, boolean isFound) {
        var asked = "GET / HTTP/1.1\r\nX-Api-Key: " + key + "\r\n\r\n";
        var told = List.of(
                reply(200, "application/json", "{\"filename\":\"" + word + "\"}"),
                reply(200, "text/plain", "", "content-disposition", "filename=" + word));
        for (var reply : told) {
            assertThat(judged(asked, Manner.SOUND, reply).contains(Rule.FOREIGN_REALM))
                    .isEqualTo(isFound);
        }
    }

    @Test
    void answerComesInTime() {
        var slow = new Exchange(
                "GET /a",
                GET.getBytes(StandardCharsets.US_ASCII),
                Manner.SOUND,
                List.of(reply(200, "text/plain", "a")),
                Duration.ofSeconds(11));
        assertThat(JUDGE.judge(slow)).extracting(Violation::rule).containsExactly(Rule.TOO_SLOW);
    }
}
