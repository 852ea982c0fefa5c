package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.store.Database;
import io.jobtrail.testing.Together;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventsTest {
    private RunningApi api;

    @BeforeEach
    void start() {
        api = RunningApi.start("MAX_EVENT_CLIENTS", "3");
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private UUID enqueue(String realm) {
        return api.enqueue("{\"handler\":\"echo\"}", "X-Realm", realm).is(202).jobId();
    }

    @Test
    void eachChangeIsToldWithWhatTheTrailSays() {
        try (var reader = EventReader.of(api, "")) {
            var id = enqueue("default");
            api.database.store().claim(id, "w", List.of("echo")).orElseThrow();
            reader.awaits(2);
            assertThat(reader.keys()).containsExactly(id + " 1", id + " 2");
            var data = reader.events().get(1).json();
            assertThat(data.fieldNames())
                    .toIterable()
                    .containsExactly(
                            "job_id",
                            "realm",
                            "queue",
                            "handler",
                            "seq",
                            "previous_state",
                            "new_state",
                            "attempt",
                            "actor",
                            "reason",
                            "timestamp",
                            "error_code");
            assertThat(data.path("previous_state").asText()).isEqualTo("queued");
            assertThat(data.path("new_state").asText()).isEqualTo("running");
            assertThat(data.path("actor").asText()).isEqualTo("worker:w");
            assertThat(data.path("reason").asText()).isEqualTo("CLAIMED");
            assertThat(data.path("timestamp").asText()).endsWith("Z");
        }
    }

    @Test
    void realmIsToldOfItsOwnAndWhoeverAsksForAllOfAll() {
        try (var acme = EventReader.of(api, "", "X-Realm", "acme");
                var all = EventReader.of(api, "?all_realms=true")) {
            var other = enqueue("other");
            var own = enqueue("acme");
            all.awaits(2);
            acme.awaits(1);
            assertThat(all.keys()).containsExactly(other + " 1", own + " 1");
            assertThat(acme.keys()).containsExactly(own + " 1");
        }
    }

    @Test
    void whoComesAgainGoesOnAlsoAfterARestartAndAtAnotherProcess() {
        var expected = new ArrayList<String>();
        var seen = new ArrayList<String>();
        String last;
        try (var reader = EventReader.of(api, "")) {
            for (int i = 0; i < 5; i++) {
                expected.add(enqueue("default") + " 1");
            }
            reader.awaits(5);
            last = reader.events().get(2).id(); // the rest got lost on the way
            seen.addAll(reader.keys().subList(0, 3));
        }
        for (int round = 0; round < 3; round++) {
            expected.add(api.database.aJob().handler("echo").insert() + " 1"); // nobody listens
            try (var other = api.another();
                    var reader = EventReader.of(other, "", "Last-Event-ID", last)) {
                expected.add(enqueue("default") + " 1");
                await().untilAsserted(() -> assertThat(reader.events())
                        .extracting(EventReader.Event::key)
                        .hasSize(expected.size() - seen.size()));
                seen.addAll(reader.keys());
                last = reader.lastId();
            }
        }
        assertThat(seen).isEqualTo(expected);
    }

    /** The first id comes before any event, so a client that was cut off before it goes on from there. */
    @Test
    void clientThatWasToldNothingYetGoesOnToo() {
        String last;
        try (var reader = EventReader.of(api, "")) {
            last = reader.lastId();
        }
        var id = enqueue("default");
        try (var reader = EventReader.of(api, "", "Last-Event-ID", last)) {
            assertThat(reader.awaits(1).keys()).containsExactly(id + " 1");
        }
    }

    @Test
    void concurrentAndLateCommitsAreToldOnceByEveryProcessWithAndWithoutRedis() throws SQLException {
        try (var without = api.another("REDIS_URL", "");
                var one = EventReader.of(api, "?all_realms=true");
                var two = EventReader.of(without, "?all_realms=true");
                var connection = api.database.connect()) {
            connection.setAutoCommit(false);
            var late = UUID.fromString(
                    Database.list(connection, "SELECT job_id::text FROM enqueue_job('echo')", row -> row.getString(1))
                            .get(0));
            Together.run(4, number -> {
                for (int i = 0; i < 25; i++) {
                    var id = enqueue("realm" + number);
                    if (number % 2 == 0) {
                        api.database.actions().cancel(id, "test", null);
                    }
                }
                return null;
            });
            one.awaits(150);
            assertThat(one.keys()).hasSize(150).doesNotContain(late + " 1");
            connection.commit();
            one.awaits(151);
            two.awaits(151);
            var all = api.database
                    .runtime()
                    .list("SELECT job_id || ' ' || seq FROM pipeline_job_events", row -> row.getString(1));
            assertThat(one.keys()).containsExactlyInAnyOrderElementsOf(all).contains(late + " 1");
            assertThat(two.keys()).containsExactlyInAnyOrderElementsOf(all);
        }
    }

    @Test
    void whatCannotBeToldAnyMoreIsSaid() {
        String last;
        try (var reader = EventReader.of(api, "")) {
            enqueue("default");
            last = reader.awaits(1).lastId();
        }
        enqueue("default");
        api.database.asOwner("SELECT trim_changes('0')", "SELECT trim_changes('0')");
        try (var reader = EventReader.of(api, "", "Last-Event-ID", last)) {
            reader.awaits(1);
            assertThat(reader.events().get(0).name()).isEqualTo("reset");
            var id = enqueue("default");
            assertThat(reader.awaits(2).events().get(1).key()).isEqualTo(id + " 1");
        }
    }

    @Test
    void thereIsABoundAndWhoLeavesMakesRoom() {
        try (var one = EventReader.of(api, "");
                var two = EventReader.of(api, "")) {
            try (var three = EventReader.of(api, "")) {
                var refused = api.get("/pipeline/events").isProblem(503, "TOO_MANY_CLIENTS", null);
                assertThat(refused.header("Retry-After")).isNotNull();
            }
            await().until(() -> api.metric("jobtrail_event_clients") == 2);
            EventReader.of(api, "").close();
        }
        await().until(() -> api.metric("jobtrail_event_clients") == 0);
    }

    @Test
    void badParametersAreNamed() {
        api.get("/pipeline/events", "Last-Event-ID", "1; DROP TABLE").isProblem(400, "INVALID_FIELD", "Last-Event-ID");
        api.get("/pipeline/events?all_realms=yes").isProblem(400, "INVALID_FIELD", "all_realms");
        api.get("/pipeline/events?realm=x").isProblem(400, "UNKNOWN_FIELD", "realm");
        api.get("/pipeline/events", "X-Realm", "a b").isProblem(400, "INVALID_FIELD", "X-Realm");
        assertThat(api.metric("jobtrail_event_clients")).isZero();
    }

    @Test
    void silentStreamShowsThatItLives() {
        try (var reader = EventReader.of(api, "")) {
            await().atMost(Duration.ofSeconds(25)).until(() -> reader.comments().size() >= 2);
            assertThat(reader.events()).isEmpty();
            assertThat(reader.isEnded()).isFalse();
        }
    }

    @Test
    void clientThatDoesNotReadIsCutOffAndTheOthersAreTold() throws IOException {
        try (var reader = EventReader.of(api, "");
                var slow = api.connect()) {
            slow.setReceiveBufferSize(4096);
            slow.getOutputStream()
                    .write("GET /pipeline/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            await().until(() -> api.metric("jobtrail_event_clients") == 2);
            for (int i = 0; i < 100; i++) {
                api.database.asOwner("SELECT enqueue_job('echo') FROM generate_series(1, 200)");
            }
            reader.awaits(20_000);
            await().atMost(Duration.ofSeconds(25)).until(() -> api.metric("jobtrail_event_clients") == 1);
            assertThat(reader.keys()).doesNotHaveDuplicates().hasSize(20_000);
        }
    }

    @Test
    void theKeyOrTheSessionThatOpenedTheStreamEndsIt() {
        var admin = "the key of the admin";
        try (var guarded = api.another("ADMIN_API_KEY", admin);
                var elsewhere = api.another("ADMIN_API_KEY", admin)) {
            var key = guarded.newKey(admin, "default", "read");
            var id = elsewhere
                    .get("/pipeline/keys", "X-Admin-Key", admin)
                    .json()
                    .at("/keys/0/id")
                    .asText();
            // Its sessions end in ten seconds, of which the first costs each process some.
            var tokens = new SessionTokens(
                    admin,
                    Clock.offset(
                            Clock.systemUTC(), SessionTokens.LASTS.negated().plusSeconds(10)));
            guarded.get("/pipeline/session", "Cookie", "jobtrail_session=" + tokens.issue(null));
            var session = tokens.issue(null);
            try (var byKey = EventReader.of(guarded, "", "X-Api-Key", key);
                    var bySession = EventReader.of(guarded, "", "Cookie", "jobtrail_session=" + session);
                    var staying = EventReader.of(guarded, "", "X-Admin-Key", admin)) {
                enqueue("default");
                List.of(byKey, bySession, staying).forEach(reader -> reader.awaits(1));
                await().atMost(Duration.ofSeconds(30)).until(bySession::isEnded);
                assertThat(byKey.isEnded()).as("with a key that is valid").isFalse();
                elsewhere
                        .send("DELETE", "/pipeline/keys/" + id, null, "X-Admin-Key", admin)
                        .is(200);
                await().atMost(Duration.ofSeconds(15)).until(byKey::isEnded);
                enqueue("default");
                staying.awaits(2);
                assertThat(staying.isEnded()).isFalse();
            }
        }
    }

    @Test
    void serverThatStopsEndsTheStream() {
        try (var other = api.another();
                var reader = EventReader.of(other, "")) {
            other.close();
            await().until(reader::isEnded);
        }
    }
}
