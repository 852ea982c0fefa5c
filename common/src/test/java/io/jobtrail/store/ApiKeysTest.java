package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.testing.JobtrailDatabase;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the database itself holds to, whoever writes: keys are made and revoked and nothing else, and that is remembered. */
class ApiKeysTest {
    private final UUID id = UUID.randomUUID();

    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    private final ApiKeys keys = new ApiKeys(database.runtime());

    @BeforeEach
    void open() {
        keys.create(id, "a", "read", "test", new byte[32], "admin");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE pipeline_api_keys SET realm = 'b'",
                "UPDATE pipeline_api_keys SET role = 'operate'",
                "UPDATE pipeline_api_keys SET label = 'x'",
                "UPDATE pipeline_api_keys SET key_hash = sha256('x')",
                "UPDATE pipeline_api_keys SET created_by = 'x'",
                "UPDATE pipeline_api_keys SET revoked_at = now()",
                "DELETE FROM pipeline_api_keys",
                "TRUNCATE pipeline_api_keys",
                "UPDATE pipeline_access_events SET times = 2",
                "DELETE FROM pipeline_access_events",
                "TRUNCATE pipeline_access_events",
                "INSERT INTO pipeline_api_keys (id, realm, role, label, key_hash, created_by) "
                        + "VALUES (gen_random_uuid(), 'a', 'admin', 'x', sha256('y'), 'x')",
                "INSERT INTO pipeline_api_keys (id, realm, role, label, key_hash, created_by) "
                        + "VALUES (gen_random_uuid(), 'a b', 'read', 'x', sha256('y'), 'x')",
                "INSERT INTO pipeline_api_keys (id, realm, role, label, key_hash, created_by) "
                        + "VALUES (gen_random_uuid(), 'a', 'read', 'x', 'the key itself', 'x')",
            })
    void nobodyMayDoMore(String statement) {
        assertThatThrownBy(() -> database.runtime().update(statement)).isInstanceOf(DatabaseFailure.class);
        assertThatThrownBy(() -> database.asOwner(statement)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void revokedKeyStaysRevoked() {
        var revoked = keys.revoke(id, "admin").orElseThrow();
        assertThat(keys.revoke(id, "somebody else")).contains(revoked);
        assertThat(keys.valid(id)).isEmpty();
        assertThat(keys.valid(new byte[32])).isEmpty();
        assertThatThrownBy(() -> database.asOwner("UPDATE pipeline_api_keys SET revoked_at = NULL, revoked_by = NULL"))
                .hasMessageContaining("cannot be changed");
        assertThat(keys.revoke(UUID.randomUUID(), "admin")).isEmpty();
    }

    @Test
    void changesAreRememberedWhoeverMakesThem() {
        database.asOwner("SELECT revoke_api_key('" + id + "')");
        var events = new AccessEvents(database.runtime()).page(null, 10);
        assertThat(events)
                .extracting(AccessEvents.Event::kind, AccessEvents.Event::keyId)
                .containsExactly(
                        org.assertj.core.api.Assertions.tuple("key_revoked", id),
                        org.assertj.core.api.Assertions.tuple("key_created", id));
        assertThat(events.get(0).actor()).startsWith("db:");
    }

    @Test
    void useIsNotedOnceAMinute() {
        keys.used(List.of(id));
        var first = keys.valid(id).orElseThrow().lastUsedAt();
        keys.used(List.of(id));
        assertThat(keys.valid(id).orElseThrow().lastUsedAt()).isNotNull().isEqualTo(first);
        database.asOwner("UPDATE pipeline_api_keys SET last_used_at = now() - interval '61 seconds'");
        keys.used(List.of(id));
        assertThat(keys.valid(id).orElseThrow().lastUsedAt()).isAfterOrEqualTo(first);
    }

    @Test
    void eventsAreKeptWithinBounds() {
        var events = new AccessEvents(database.runtime());
        database.asOwner(
                "INSERT INTO pipeline_access_events (kind, at) SELECT 'refused_key', now() - interval '91 days' FROM generate_series(1, 3)",
                "INSERT INTO pipeline_access_events (kind) SELECT 'refused_key' FROM generate_series(1, 100005)");
        long gone = 0;
        for (long more = 1; more > 0; more = events.purge()) {
            gone += more;
        }
        assertThat(gone - 1).isEqualTo(8);
        assertThat(database.ask("SELECT count(*) FROM pipeline_access_events WHERE kind = 'refused_key'"))
                .isEqualTo(100_000L);
        assertThat(database.ask("SELECT count(*) FROM pipeline_access_events WHERE kind = 'key_created'"))
                .isEqualTo(1L);
    }
}
