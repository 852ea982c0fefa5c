package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeysTest {
    private static final String ADMIN = "a-key-for-the-tests";
    private static RunningApi api;
    private static RunningApi other;

    @BeforeAll
    static void start() {
        api = RunningApi.start("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1");
        other = RunningApi.on(api.database, api.database.environmentUrl(), "ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1");
        api.server.sweeper().close(); // so that nothing is written but when a test says so
        other.server.sweeper().close();
    }

    @AfterAll
    static void stop() {
        other.close();
        api.close();
    }

    private static Answer create(String body) {
        return api.send(
                "POST",
                "/pipeline/keys",
                body.getBytes(StandardCharsets.UTF_8),
                "X-Admin-Key",
                ADMIN,
                "Content-Type",
                "application/json");
    }

    private static JsonNode listed(String id) {
        for (var key :
                api.get("/pipeline/keys", "X-Admin-Key", ADMIN).is(200).json().path("keys")) {
            if (key.path("id").asText().equals(id)) {
                return key;
            }
        }
        throw new AssertionError("key " + id + " is not listed");
    }

    @Test
    void keyIsShownOnceAndKeptAsItsHash() {
        var made = create("{\"realm\":\"a\",\"role\":\"operate\",\"label\":\"Ward 3, scanner\"}")
                .is(201)
                .json();
        var key = made.path("key").asText();
        assertThat(key).matches("jtk_[0-9a-f]{64}");
        assertThat(made.path("created_by").asText()).isEqualTo("admin");
        var all = api.get("/pipeline/keys", "X-Admin-Key", ADMIN).is(200).text();
        assertThat(all).contains("Ward 3, scanner").doesNotContain(key).doesNotContain("hash");
        assertThat(all).doesNotContain(java.util.HexFormat.of().formatHex(KnownKeys.hash(key)));
        assertThat(api.database.ask("SELECT key_hash = sha256(convert_to('" + key
                        + "', 'UTF8')) FROM pipeline_api_keys WHERE id = '"
                        + made.path("id").asText() + "'"))
                .isEqualTo(true);
        assertThat(api.database.ask("SELECT count(*) FROM pipeline_api_keys k WHERE k::text LIKE '%" + key + "%'"))
                .isEqualTo(0L);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"role\":\"read\",\"label\":\"x\"}|realm",
                "{\"realm\":\"a b\",\"role\":\"read\",\"label\":\"x\"}|realm",
                "{\"realm\":\"a\",\"label\":\"x\"}|role",
                "{\"realm\":\"a\",\"role\":\"admin\",\"label\":\"x\"}|role",
                "{\"realm\":\"a\",\"role\":\"READ\",\"label\":\"x\"}|role",
                "{\"realm\":\"a\",\"role\":\"read\"}|label",
                "{\"realm\":\"a\",\"role\":\"read\",\"label\":\" \"}|label",
                "{\"realm\":\"a\",\"role\":\"read\",\"label\":\"a\\nb\"}|label",
                "{\"realm\":\"a\",\"role\":\"read\",\"label\":\"a\\u202eb\"}|label",
                "{\"realm\":\"a\",\"role\":\"read\",\"label\":\"a\\ud800\"}|label",
                "{\"realm\":\"a\",\"role\":\"read\",\"label\":7}|label"
            })
    void whatIsWrongIsNamed(String body, String field) {
        create(body).isProblem(400, "INVALID_FIELD", field);
    }

    @Test
    void labelHasABound() {
        create("{\"realm\":\"a\",\"role\":\"read\",\"label\":\"%s\"}".formatted("x".repeat(65)))
                .isProblem(400, "INVALID_FIELD", "label");
        create("{\"realm\":\"a\",\"role\":\"read\",\"label\":\"%s\"}".formatted("x".repeat(64)))
                .is(201);
    }

    @Test
    void revokedKeyEndsHereAtOnceAndElsewhereWithinSeconds() {
        var made = create("{\"realm\":\"a\",\"role\":\"read\",\"label\":\"x\"}")
                .is(201)
                .json();
        var id = made.path("id").asText();
        var key = made.path("key").asText();
        api.get("/pipeline/stats", "X-Api-Key", key).is(200);
        other.get("/pipeline/stats", "X-Api-Key", key).is(200);
        var revoked = api.send("DELETE", "/pipeline/keys/" + id, null, "X-Admin-Key", ADMIN)
                .is(200)
                .json();
        assertThat(revoked.path("revoked_by").asText()).isEqualTo("admin");
        api.get("/pipeline/stats", "X-Api-Key", key).isProblem(401, "UNAUTHORIZED", "X-Api-Key");
        await().atMost(KnownKeys.FRESH.plusSeconds(2))
                .untilAsserted(
                        () -> other.get("/pipeline/stats", "X-Api-Key", key).is(401));
        // Once more changes nothing.
        var again = api.send("DELETE", "/pipeline/keys/" + id, null, "X-Admin-Key", ADMIN)
                .is(200)
                .json();
        assertThat(again.path("revoked_at")).isEqualTo(revoked.path("revoked_at"));
        assertThat(listed(id).path("revoked_at")).isEqualTo(revoked.path("revoked_at"));
    }

    @Test
    void keyThatIsNotThereCannotBeRevoked() {
        api.send("DELETE", "/pipeline/keys/" + UUID.randomUUID(), null, "X-Admin-Key", ADMIN)
                .isProblem(404, "NOT_FOUND", null);
        api.send("DELETE", "/pipeline/keys/x", null, "X-Admin-Key", ADMIN).isProblem(400, "INVALID_ID", "id");
    }

    @Test
    void useIsNoted() {
        var made = create("{\"realm\":\"a\",\"role\":\"read\",\"label\":\"x\"}")
                .is(201)
                .json();
        var id = made.path("id").asText();
        assertThat(listed(id).path("last_used_at").isNull()).isTrue();
        api.get("/pipeline/stats", "X-Api-Key", made.path("key").asText()).is(200);
        api.server.accessLog().run();
        assertThat(listed(id).path("last_used_at").asText()).endsWith("Z");
    }

    @Test
    void manyRequestsAskTheDatabaseOnce() {
        var key = create("{\"realm\":\"a\",\"role\":\"read\",\"label\":\"x\"}")
                .is(201)
                .json()
                .path("key")
                .asText();
        api.get("/pipeline/session", "X-Api-Key", key).is(200);
        // Without the table nobody could be looked up: whoever is let in was remembered.
        api.database.asOwner("ALTER TABLE pipeline_api_keys RENAME TO away");
        try {
            for (int i = 0; i < 20; i++) {
                api.get("/pipeline/session", "X-Api-Key", key).is(200);
            }
        } finally {
            api.database.asOwner("ALTER TABLE away RENAME TO pipeline_api_keys");
        }
    }

    @Test
    void changesOfKeysAreRemembered() {
        var id = create("{\"realm\":\"a\",\"role\":\"read\",\"label\":\"told of\"}")
                .is(201)
                .json()
                .path("id")
                .asText();
        api.send("DELETE", "/pipeline/keys/" + id, null, "X-Admin-Key", ADMIN).is(200);
        var events = api.get("/pipeline/access-events?limit=2", "X-Admin-Key", ADMIN)
                .is(200)
                .json()
                .path("events");
        assertThat(events.get(0).path("kind").asText()).isEqualTo("key_revoked");
        assertThat(events.get(1).path("kind").asText()).isEqualTo("key_created");
        assertThat(events).allSatisfy(event -> {
            assertThat(event.path("key_id").asText()).isEqualTo(id);
            assertThat(event.path("actor").asText()).isEqualTo("admin");
            assertThat(event.path("realm").asText()).isEqualTo("a");
            assertThat(event.path("detail").asText()).isEqualTo("read told of");
        });
    }

    @Test
    void keysAreMadeInDevelopmentTooAndNotAskedForThere() {
        try (var open = RunningApi.on(api.database, api.database.environmentUrl())) {
            var made = open.send(
                            "POST",
                            "/pipeline/keys",
                            "{\"realm\":\"a\",\"role\":\"read\",\"label\":\"x\"}".getBytes(StandardCharsets.UTF_8),
                            "Content-Type",
                            "application/json")
                    .is(201)
                    .json();
            assertThat(made.path("created_by").asText()).startsWith("api:127.");
            open.get("/pipeline/keys", "X-Api-Key", "nonsense").is(200);
        }
    }

    @Test
    void withoutPostgresWhoIsRememberedIsLetInAndNobodyElse() {
        var known = api.newKey(ADMIN, "a", "read");
        var unknown = api.newKey(ADMIN, "a", "read");
        var port = TestServers.postgres().port();
        try (var proxy = TcpProxy.to(port)) {
            var url = api.database.environmentUrl().replace(":" + port + "/", ":" + proxy.port() + "/");
            try (var behind = RunningApi.on(api.database, url, "ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1")) {
                behind.get("/pipeline/session", "X-Api-Key", known).is(200);
                proxy.close();
                behind.get("/pipeline/session", "X-Api-Key", known).is(200);
                behind.get("/pipeline/session", "X-Admin-Key", ADMIN).is(200);
                behind.get("/pipeline/session", "X-Api-Key", unknown).isProblem(503, "DATABASE_UNAVAILABLE", null);
            }
        }
    }
}
