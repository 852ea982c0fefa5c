package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How often somebody may ask, and what is remembered of those who were refused. */
class LimitsTest {
    private static final String ADMIN = "a-key-for-the-tests";
    private RunningApi api;

    @BeforeEach
    void start() {
        api = RunningApi.start(
                "ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1", "RATE_LIMIT_PER_MINUTE", "5", "TRUSTED_PROXIES", "1");
        api.server.sweeper().close(); // so that nothing is written but when a test says so
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private Answer stats(String key, String address) {
        return api.get("/pipeline/stats", "X-Api-Key", key, "X-Forwarded-For", address);
    }

    @Test
    void keyThatAsksTooOftenIsToldWhenItMayAgain() {
        var key = api.newKey(ADMIN, "a", "read");
        var first = stats(key, "10.0.0.1").is(200);
        assertThat(first.header("RateLimit-Policy")).isEqualTo("\"key\";q=5;w=60");
        assertThat(first.header("RateLimit")).matches("\"key\";r=4;t=(60|59)");
        for (int i = 0; i < 4; i++) {
            stats(key, "10.0.0.1").is(200);
        }
        var refused = stats(key, "10.0.0.2").isProblem(429, "RATE_LIMITED", null);
        assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1, 60);
        assertThat(refused.header("RateLimit")).matches("\"key\";r=0;t=\\d+");
        stats(api.newKey(ADMIN, "a", "read"), "10.0.0.1").is(200);
        for (int i = 0; i < 10; i++) {
            assertThat(stats(ADMIN, "10.0.0.1").is(200).header("RateLimit")).isNull();
        }
    }

    @Test
    void windowEndsAndBeginsAnew() {
        var now = new AtomicLong();
        var quota = new Quota(2, Duration.ofSeconds(60), now::get);
        assertThat(quota.count("a")).isEqualTo(new Quota.Use(1, 2, 60));
        now.set(Duration.ofMillis(30_500).toNanos());
        assertThat(quota.isUsedUp("a")).isFalse();
        assertThat(quota.count("a")).isEqualTo(new Quota.Use(2, 2, 30));
        assertThat(quota.isUsedUp("a")).isTrue();
        assertThat(quota.count("a").isOver()).isTrue();
        assertThat(quota.count("b").isOver()).isFalse();
        now.set(Duration.ofSeconds(60).toNanos());
        assertThat(quota.isUsedUp("a")).isFalse();
        assertThat(quota.count("a")).isEqualTo(new Quota.Use(1, 2, 60));
    }

    @Test
    void whoGuessesIsStoppedAndWhoWasRightBeforeIsNot() {
        var known = api.newKey(ADMIN, "a", "read");
        var unknownThere = api.newKey(ADMIN, "a", "read");
        stats(known, "10.0.0.1").is(200);
        for (int i = 0; i < 20; i++) {
            stats("guess" + i, "10.0.0.1").is(401);
        }
        for (var key : new String[] {"guess", ADMIN, unknownThere}) {
            var refused = stats(key, "10.0.0.1").isProblem(429, "RATE_LIMITED", null);
            assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1, 60);
        }
        stats(known, "10.0.0.1").is(200);
        stats(ADMIN, "10.0.0.2").is(200);
        // What stands before the address that the proxy added can be made up.
        stats(ADMIN, "10.0.0.9, 10.0.0.1").is(429);
    }

    @Test
    void oneNetworkOfIpv6CountsAsOneAddress() {
        for (int i = 0; i < 20; i++) {
            stats("guess" + i, "2001:db8:1:2::" + i).is(401);
        }
        stats(ADMIN, "2001:db8:1:2:ffff::1").is(429);
        stats(ADMIN, "2001:db8:1:3::1").is(200);
    }

    @Test
    void refusalsAreCountedAndWrittenTogether() {
        var key = api.newKey(ADMIN, "a", "enqueue");
        var job = api.enqueue("{\"handler\":\"echo\"}", "X-Admin-Key", ADMIN, "X-Realm", "b")
                .jobId();
        for (int i = 0; i < 30; i++) {
            stats("guess" + i, "10.0.0.1");
        }
        stats(key, "10.0.0.2").is(403);
        api.get("/pipeline/status/" + job, "X-Api-Key", key, "X-Forwarded-For", "10.0.0.2")
                .is(404);
        api.server.accessLog().write();
        var guesses = event("refused_key");
        assertThat(guesses.path("times").asInt()).isEqualTo(30);
        assertThat(guesses.path("address").asText()).isEqualTo("10.0.0.1");
        assertThat(guesses.path("detail").asText()).isEqualTo("GET /pipeline/stats");
        assertThat(event("refused_role").path("actor").asText()).startsWith("key:test/");
        var realm = event("refused_realm");
        assertThat(realm.path("realm").asText()).isEqualTo("a");
        assertThat(realm.path("address").asText()).isEqualTo("10.0.0.2");
        assertThat(realm.path("detail").asText()).isEqualTo("GET /pipeline/status/{id} in b");
        assertThat(realm.path("times").asInt()).isEqualTo(1);
    }

    @Test
    void whoKnocksFromEverywhereFillsNothing() {
        for (int i = 0; i < 200; i++) {
            stats("guess", "10.0.1." + i).is(401);
        }
        api.server.accessLog().write();
        assertThat(api.count("pipeline_access_events")).isLessThanOrEqualTo(26);
        assertThat(api.database.ask("SELECT sum(times) FROM pipeline_access_events WHERE kind = 'refused_key'"))
                .isEqualTo(200L);
    }

    @Test
    void whatCouldNotBeWrittenIsWrittenLater() {
        stats("guess", "10.0.0.1").is(401);
        api.database.asOwner("ALTER TABLE pipeline_access_events RENAME TO away");
        assertThat(org.assertj.core.api.Assertions.catchThrowable(api.server.accessLog()::write))
                .isNotNull();
        api.database.asOwner("ALTER TABLE away RENAME TO pipeline_access_events");
        stats("guess", "10.0.0.1").is(401);
        api.server.accessLog().write();
        assertThat(event("refused_key").path("times").asInt()).isEqualTo(2);
    }

    private JsonNode event(String kind) {
        var events = api.get("/pipeline/access-events", "X-Admin-Key", ADMIN)
                .is(200)
                .json()
                .path("events");
        return StreamSupport.stream(events.spliterator(), false)
                .filter(event -> event.path("kind").asText().equals(kind))
                .findFirst()
                .orElseThrow(() -> new AssertionError(kind + " is not among " + events));
    }
}
