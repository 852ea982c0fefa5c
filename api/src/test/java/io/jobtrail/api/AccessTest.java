package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The admin's key, and development without one, in which nobody but this machine is let in. Who may do what: AccessMatrixTest. */
class AccessTest {
    private static final String KEY = "a-key-for-the-tests";
    private static RunningApi api;

    @BeforeAll
    static void start() {
        api = RunningApi.start("ADMIN_API_KEY", KEY, "HOST", "127.0.0.1");
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", KEY + "x", " ", "A-KEY-FOR-THE-TESTS", ""})
    void wrongKeyIsWrongInWhateverHeader(String wrong) {
        for (var header : new String[] {"X-Admin-Key", "X-Api-Key"}) {
            api.get("/pipeline/stats", header, wrong).isProblem(401, "UNAUTHORIZED", header);
        }
        api.get("/pipeline/stats", "Authorization", "Bearer " + wrong).is(401);
    }

    @Test
    void keyInTheWrongSchemeIsNone() {
        api.get("/pipeline/stats", "Authorization", "Basic " + KEY).isProblem(401, "UNAUTHORIZED", "X-Admin-Key");
        api.get("/pipeline/stats", "Authorization", "bearer " + KEY).is(200);
    }

    @Test
    void keyOpensTheDoor() {
        api.get("/pipeline/stats", "X-Admin-Key", KEY).is(200);
        api.get("/pipeline/stats", "Authorization", "Bearer " + KEY).is(200);
        var id = api.enqueue("{\"handler\":\"echo\"}", "X-Admin-Key", KEY)
                .is(202)
                .jobId();
        assertThat(api.column(id, "actor")).isEqualTo("admin");
    }

    @Test
    void keyInOtherCaseIsWrongEvenOnAConnectionThatHasSeenTheRightOne() throws IOException {
        var request = "GET /pipeline/stats HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n";
        var answers = api.raw(request.formatted(KEY, "")
                + request.formatted(KEY.toUpperCase(java.util.Locale.ROOT), "Connection: close\r\n"));
        assertThat(answers).startsWith("HTTP/1.1 200").contains("HTTP/1.1 401");
    }

    @Test
    void refusedUploadLeavesNothing() {
        var jobs = api.count("pipeline_jobs");
        api.upload(Form.of("a.txt", new byte[300_000])).isProblem(401, "UNAUTHORIZED", "X-Admin-Key");
        api.assertHolds(jobs, 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/pipeline//stats",
                "//pipeline/stats",
                "/pipeline/stats/",
                "/PIPELINE/stats",
                "/%70ipeline/stats",
                "/pipeline/%73tats",
                "/pipeline;a=b/stats",
                "/pipeline/stats;a=b",
                "/x/../pipeline/stats",
                "/./pipeline/stats",
                "/heartbeat/../pipeline/stats",
                "/x/%2e%2e/pipeline/stats",
                "/pipeline%2fstats",
                "/pipeline/./stats",
                "http://127.0.0.1/pipeline/stats",
                "/pipeline/stats?key=" + KEY
            })
    void noSpellingOfAPathGoesRoundTheKey(String path) throws IOException {
        var answer = api.raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer).matches("(?s)HTTP/1\\.1 40[014] .*").doesNotContain("by_status");
    }

    @Test
    void heartbeatAndHealthNeedNoKey() {
        api.get("/heartbeat").is(200);
        api.get("/health").is(200);
        api.get("/health/ready").is(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"0.0.0.0", "::", "192.168.1.1", "example.org", "127.0.0.1.example.org", "localhost.example.org"})
    void withoutKeyOnlyLoopbackIsServed(String host) {
        var settings = RunningApi.settings(api.database.environmentUrl(), "HOST", host);
        assertThatThrownBy(() -> ApiServer.start(settings))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ADMIN_API_KEY")
                .hasMessageContaining("ALLOW_ANONYMOUS");
    }

    @ParameterizedTest
    @CsvSource({
        "localhost, '', 200",
        "LocalHost:8000, '', 200",
        "127.0.0.1:8000, '', 200",
        "127.9.8.7, '', 200",
        "[::1]:8000, '', 200",
        "localhost:8000, http://localhost:8000, 200",
        "example.org, '', FORBIDDEN_HOST",
        "localhost.example.org:8000, '', FORBIDDEN_HOST",
        "127.0.0.1.example.org, '', FORBIDDEN_HOST",
        "localhost:8000.example.org, '', MALFORMED_REQUEST",
        "192.168.1.1:8000, '', FORBIDDEN_HOST",
        "evil.example:8000, http://evil.example:8000, FORBIDDEN_HOST",
        "localhost:8000, http://evil.example, FORBIDDEN_ORIGIN",
        "localhost:8000, http://localhost:3000, FORBIDDEN_ORIGIN",
        "localhost:8000, http://localhost:8000.evil.example, FORBIDDEN_ORIGIN",
        "localhost:8000, null, FORBIDDEN_ORIGIN"
    })
    void withoutKeyNoForeignPageGetsIn(String host, String origin, String code) throws IOException {
        try (var open = RunningApi.start()) {
            var answer = open.raw(stats(host, origin));
            assertThat(answer).contains(code.equals("200") ? "HTTP/1.1 200 " : "\"code\":\"" + code + '"');
            assertThat(answer.contains("by_status")).isEqualTo(code.equals("200"));
        }
    }

    @Test
    void allowedStrangersMayCallByAnyNameButNotFromForeignPages() throws IOException {
        try (var open = RunningApi.start("ALLOW_ANONYMOUS", "true")) {
            assertThat(open.raw(stats("example.org", ""))).startsWith("HTTP/1.1 200");
            assertThat(open.raw(stats("example.org", "https://example.org"))).startsWith("HTTP/1.1 200");
            assertThat(open.raw(stats("example.org", "https://evil.example"))).contains("FORBIDDEN_ORIGIN");
        }
    }

    private static String stats(String host, String origin) {
        return "GET /pipeline/stats HTTP/1.1\r\nHost: " + host + "\r\n"
                + (origin.isEmpty() ? "" : "Origin: " + origin + "\r\n") + "Connection: close\r\n\r\n";
    }

    @Test
    void withoutKeyAllIsServedWhenThatIsMeant() {
        var settings = RunningApi.settings(api.database.environmentUrl(), "HOST", "0.0.0.0", "ALLOW_ANONYMOUS", "true");
        assertThatCode(() -> ApiServer.start(settings).close()).doesNotThrowAnyException();
        var loopback = RunningApi.settings(api.database.environmentUrl(), "HOST", "localhost");
        assertThatCode(() -> ApiServer.start(loopback).close()).doesNotThrowAnyException();
    }
}
