package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SessionTest {
    private static final String ADMIN = "a-key-for-the-tests";
    private static final String ENQUEUE = "{\"handler\":\"echo\"}";
    private static RunningApi api;
    private static RunningApi other;

    @BeforeAll
    static void start() {
        api = RunningApi.start("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1", "TRUSTED_PROXIES", "1");
        other = RunningApi.on(api.database, api.database.environmentUrl(), "ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1");
    }

    @AfterAll
    static void stop() {
        other.close();
        api.close();
    }

    private static Answer signIn(String key, String... headers) {
        var all = new java.util.ArrayList<>(java.util.List.of(headers));
        all.addAll(java.util.List.of("Content-Type", "application/json"));
        return api.send(
                "POST",
                "/pipeline/session",
                "{\"key\":\"%s\"}".formatted(key).getBytes(StandardCharsets.UTF_8),
                all.toArray(String[]::new));
    }

    /** Name and value, as a browser sends them. */
    private static String cookie(Answer answer) {
        return answer.header("Set-Cookie").split(";")[0];
    }

    @Test
    void keyIsExchangedForACookieThatScriptsAndOtherSitesDoNotGet() {
        var plain = signIn(ADMIN).is(204).header("Set-Cookie");
        assertThat(plain)
                .startsWith("jobtrail_session=admin.")
                .contains("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200")
                .doesNotContain("Secure")
                .doesNotContain(ADMIN);
        assertThat(signIn(ADMIN, "X-Forwarded-Proto", "https").is(204).header("Set-Cookie"))
                .contains("Secure");
    }

    @Test
    void sessionSaysWhoItIs() {
        var session = api.get("/pipeline/session", "Cookie", cookie(signIn(api.newKey(ADMIN, "a", "read"))))
                .is(200)
                .json();
        assertThat(session.path("by").asText()).isEqualTo("session");
        assertThat(session.path("role").asText()).isEqualTo("read");
        assertThat(session.path("realm").asText()).isEqualTo("a");
        assertThat(session.path("actor").asText()).startsWith("key:test/");
        assertThat(session.path("csrf_token").asText()).matches("[0-9a-f]{64}");
        assertThat(session.path("rights").toString()).isEqualTo("[\"identify\",\"follow\",\"read\"]");
        assertThat(Instant.parse(session.path("expires_at").asText())).isAfter(Instant.now());
        var byKey = api.get("/pipeline/session", "X-Admin-Key", ADMIN).is(200).json();
        assertThat(byKey.path("by").asText()).isEqualTo("key");
        assertThat(byKey.path("role").asText()).isEqualTo("admin");
        assertThat(byKey.path("csrf_token").isNull()).isTrue();
        api.get("/pipeline/session").is(401);
    }

    @Test
    void everyProcessKnowsTheSession() {
        var cookie = cookie(signIn(api.newKey(ADMIN, "a", "operate")));
        var csrf = other.get("/pipeline/session", "Cookie", cookie)
                .is(200)
                .json()
                .path("csrf_token")
                .asText();
        assertThat(csrf)
                .isEqualTo(api.get("/pipeline/session", "Cookie", cookie)
                        .json()
                        .path("csrf_token")
                        .asText());
        assertThat(other.enqueue(ENQUEUE, "Cookie", cookie, "X-CSRF-Token", csrf)
                        .is(202)
                        .json()
                        .path("realm")
                        .asText())
                .isEqualTo("a");
    }

    @Test
    void whatChangesSomethingNeedsTheTokenOfTheSession() {
        var cookie = cookie(signIn(ADMIN));
        var foreign = api.get("/pipeline/session", "Cookie", cookie(signIn(ADMIN)))
                .json()
                .path("csrf_token")
                .asText();
        api.enqueue(ENQUEUE, "Cookie", cookie).isProblem(403, "INVALID_CSRF_TOKEN", "X-CSRF-Token");
        for (var wrong : new String[] {"", "x", foreign}) {
            api.enqueue(ENQUEUE, "Cookie", cookie, "X-CSRF-Token", wrong)
                    .isProblem(403, "INVALID_CSRF_TOKEN", "X-CSRF-Token");
        }
        api.send("DELETE", "/pipeline/session", null, "Cookie", cookie).is(403);
        api.get("/pipeline/jobs/recent", "Cookie", cookie).is(200);
        var csrf = api.get("/pipeline/session", "Cookie", cookie)
                .json()
                .path("csrf_token")
                .asText();
        api.enqueue(ENQUEUE, "Cookie", cookie, "X-CSRF-Token", csrf).is(202);
        // Whoever sends the key itself is no page of another site.
        api.enqueue(ENQUEUE, "Cookie", cookie, "X-Admin-Key", ADMIN).is(202);
        api.enqueue(ENQUEUE, "Cookie", cookie, "X-Admin-Key", ADMIN + "x").is(401);
    }

    @Test
    void signingOutTakesTheCookieAway() {
        var cookie = cookie(signIn(ADMIN));
        var csrf = api.get("/pipeline/session", "Cookie", cookie)
                .json()
                .path("csrf_token")
                .asText();
        var gone = api.send("DELETE", "/pipeline/session", null, "Cookie", cookie, "X-CSRF-Token", csrf)
                .is(204)
                .header("Set-Cookie");
        assertThat(gone).startsWith("jobtrail_session=;").contains("Expires=Thu, 01 Jan 1970");
    }

    @Test
    void signingOutEndsEveryCopyOfTheCookieAndNoOtherSession() {
        var key = api.newKey(ADMIN, "a", "read");
        for (var one : new String[] {ADMIN, key}) {
            var cookie = cookie(signIn(one));
            var another = cookie(signIn(one));
            other.get("/pipeline/session", "Cookie", cookie).is(200);
            var csrf = api.get("/pipeline/session", "Cookie", cookie)
                    .json()
                    .path("csrf_token")
                    .asText();
            api.send("DELETE", "/pipeline/session", null, "Cookie", cookie, "X-CSRF-Token", csrf)
                    .is(204);
            api.get("/pipeline/session", "Cookie", cookie).isProblem(401, "UNAUTHORIZED", "Cookie");
            await().atMost(KnownKeys.FRESH.plusSeconds(2))
                    .untilAsserted(() ->
                            other.get("/pipeline/session", "Cookie", cookie).is(401));
            api.get("/pipeline/session", "Cookie", another).is(200);
        }
        assertThat(api.database.ask("SELECT count(*) FROM pipeline_ended_sessions"))
                .isEqualTo(2L);
    }

    @Test
    void sessionEndsWithItsKey() {
        var key = api.newKey(ADMIN, "a", "read");
        var cookie = cookie(signIn(key));
        var actor = api.get("/pipeline/session", "Cookie", cookie)
                .is(200)
                .json()
                .path("actor")
                .asText();
        other.get("/pipeline/session", "Cookie", cookie).is(200);
        api.send("DELETE", "/pipeline/keys/" + actor.substring(actor.indexOf('/') + 1), null, "X-Admin-Key", ADMIN)
                .is(200);
        var ended = api.get("/pipeline/session", "Cookie", cookie).isProblem(401, "UNAUTHORIZED", "Cookie");
        assertThat(ended.header("Set-Cookie")).contains("Expires=Thu, 01 Jan 1970");
        await().atMost(KnownKeys.FRESH.plusSeconds(2))
                .untilAsserted(
                        () -> other.get("/pipeline/session", "Cookie", cookie).is(401));
    }

    @Test
    void onlyWhatWasSignedIsASession() {
        var cookie = cookie(signIn(api.newKey(ADMIN, "a", "read")));
        var token = cookie.substring(cookie.indexOf('=') + 1);
        var parts = token.split("\\.");
        var later = Long.toString(Long.parseLong(parts[1]) + 1);
        for (var forged : new String[] {
            "",
            "x",
            token.substring(1),
            token + "0",
            String.join(".", "admin", parts[1], parts[2], parts[3]),
            String.join(".", UUID.randomUUID().toString(), parts[1], parts[2], parts[3]),
            String.join(".", "-".repeat(36), parts[1], parts[2], parts[3]),
            String.join(".", parts[0], later, parts[2], parts[3]),
            String.join(".", parts[0], parts[1], parts[2], "0".repeat(64)),
        }) {
            api.get("/pipeline/session", "Cookie", "jobtrail_session=" + forged)
                    .isProblem(401, "UNAUTHORIZED", "Cookie");
        }
        api.get("/pipeline/session", "Cookie", cookie).is(200);
    }

    @Test
    void sessionEndsAfterTwelveHoursAndWithTheAdminKey() {
        var now = Instant.parse("2026-01-31T12:00:00Z");
        var token = tokens(ADMIN, now).issue(null);
        var end = now.plus(SessionTokens.LASTS);
        assertThat(tokens(ADMIN, end.minusSeconds(1)).read(token)).isPresent();
        assertThat(tokens(ADMIN, end).read(token)).isEmpty();
        assertThat(tokens(ADMIN + "2", now).read(token)).isEmpty();
    }

    private static SessionTokens tokens(String adminKey, Instant now) {
        return new SessionTokens(adminKey, Clock.fixed(now, ZoneOffset.UTC));
    }

    @Test
    void wrongKeyAndFormsOfOtherSitesAreRefused() {
        assertThat(signIn(ADMIN + "x").isProblem(401, "UNAUTHORIZED", "key").header("Set-Cookie"))
                .isNull();
        signIn(" ").isProblem(400, "INVALID_FIELD", "key");
        api.send(
                        "POST",
                        "/pipeline/session",
                        "{\"key\":\"%s\"}".formatted(ADMIN).getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        "text/plain")
                .isProblem(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
    }

    @Test
    void strangersCannotSendMuch() {
        signIn("x".repeat(5_000)).isProblem(413, "BODY_TOO_LARGE", "body");
    }

    /** Who reads it would wait for somebody whom nobody knows. */
    @Test
    void bodyThatDeclaresNoLengthIsRefused() {
        var body = ("{\"key\":\"" + ADMIN + "\"}").getBytes(StandardCharsets.UTF_8);
        api.sendChunked("/pipeline/session", body, "Content-Type", "application/json")
                .isProblem(411, "LENGTH_REQUIRED", "Content-Length");
    }

    @Test
    void bodyThatIsNoneIsMalformed() {
        api.send("POST", "/pipeline/session", null, "Content-Type", "application/json")
                .isProblem(400, "MALFORMED_JSON", "body");
    }

    @Test
    void inDevelopmentEverybodyIsSignedIn() {
        try (var open = RunningApi.on(api.database, api.database.environmentUrl())) {
            var session = open.get("/pipeline/session").is(200).json();
            assertThat(session.path("by").asText()).isEqualTo("development");
            assertThat(session.path("role").asText()).isEqualTo("admin");
            var answer = open.send(
                    "POST",
                    "/pipeline/session",
                    "{}".getBytes(StandardCharsets.UTF_8),
                    "Content-Type",
                    "application/json");
            assertThat(answer.is(204).header("Set-Cookie")).isNull();
            open.send("DELETE", "/pipeline/session", null).is(204);
        }
    }
}
