package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.QueueName;
import io.jobtrail.store.WorkerRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a key sees of many jobs, and which realm it works in. */
class RealmListsTest {
    private static final String ADMIN = "a-key-for-the-tests";
    private static RunningApi api;
    private static String key;
    private UUID mine;
    private UUID foreign;

    @BeforeAll
    static void start() {
        api = RunningApi.start("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1");
        key = api.newKey(ADMIN, "a", "operate");
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    @BeforeEach
    void oneJobInEachRealm() {
        api.database.asOwner("UPDATE pipeline_jobs SET status = 'cancelled' WHERE status = 'queued'");
        mine = enqueue("a");
        foreign = enqueue("b");
    }

    private static UUID enqueue(String realm) {
        return api.enqueue("{\"handler\":\"echo\"}", "X-Admin-Key", ADMIN, "X-Realm", realm)
                .is(202)
                .jobId();
    }

    private static Answer get(String path) {
        return api.get(path, "X-Api-Key", key);
    }

    private static Answer bulk(String body) {
        return api.send(
                "POST",
                "/pipeline/jobs/bulk",
                body.getBytes(StandardCharsets.UTF_8),
                "Content-Type",
                "application/json",
                "X-Api-Key",
                key);
    }

    @Test
    void listsHoldTheRealmOnly() {
        for (var path : new String[] {
            "/pipeline/jobs/recent?status=queued",
            "/pipeline/jobs/recent?realm=a",
            "/pipeline/jobs/recent?q=" + mine.toString().substring(0, 8)
        }) {
            assertThat(get(path).is(200).text())
                    .as(path)
                    .contains(mine.toString())
                    .doesNotContain(foreign.toString());
        }
        assertThat(get("/pipeline/jobs/recent?q=" + foreign)
                        .is(200)
                        .json()
                        .path("count")
                        .asInt())
                .isZero();
        assertThat(api.get("/pipeline/jobs/recent?status=queued", "X-Admin-Key", ADMIN)
                        .text())
                .contains(mine.toString(), foreign.toString());
    }

    @Test
    void countsAreOfTheRealmOnly() {
        assertThat(get("/pipeline/stats")
                        .is(200)
                        .json()
                        .at("/stats/by_status/queued")
                        .asInt())
                .isEqualTo(1);
        assertThat(api.get("/pipeline/stats", "X-Admin-Key", ADMIN)
                        .json()
                        .at("/stats/by_status/queued")
                        .asInt())
                .isEqualTo(2);
    }

    @Test
    void healthTellsNobodyHowManyJobsOthersHave() {
        enqueue("b");
        api.database.aJob().queue(QueueName.URGENT).insert();
        api.database.asOwner("UPDATE pipeline_queues SET paused = true WHERE name = 'urgent'");
        api.database.store().fail(api.database.aJob().claimedBy("w"), "BOOM", "x", true, Duration.ZERO);
        aWorkerOf(QueueName.SLOW);
        api.database.asOwner("UPDATE pipeline_workers SET metrics = metrics || '{\"degraded\": [\"it is tired\"]}'");
        await().untilAsserted(() -> {
            for (var sent : List.of("X-Nobody", "X-Api-Key", "X-Admin-Key")) {
                var health = api.get("/health", sent, sent.equals("X-Api-Key") ? key : ADMIN)
                        .is(200)
                        .json();
                assertThat(health.path("status").asText()).isEqualTo("degraded");
                assertThat(health.path("reasons").toString())
                        .contains(
                                "\"jobs have failed for good\"",
                                "\"a worker: it is tired\"",
                                "\"queue paused: urgent\"",
                                "\"no worker serves queue default: jobs wait there\"")
                        .doesNotContainPattern("\\d");
            }
        });
        assertThat(reasons("X-Api-Key", key))
                .contains(
                        "queue paused: urgent, with 0 jobs waiting", "no worker serves queue default: jobs wait there")
                .doesNotContain("failed for good");
        assertThat(reasons("X-Admin-Key", ADMIN))
                .contains(
                        "1 job has failed for good",
                        "queue paused: urgent, with 1 job waiting",
                        "no worker serves queue default: 3 jobs wait there");
    }

    private static String reasons(String... headers) {
        return api.get("/pipeline/stats", headers)
                .is(200)
                .json()
                .path("reasons")
                .toString();
    }

    private static void aWorkerOf(QueueName queue) {
        var registry = new WorkerRegistry(api.database.runtime());
        registry.register(new WorkerRegistry.Worker("w", "host", 1, List.of(queue), List.of("echo"), 2, "1"));
        var hour = Duration.ofHours(1);
        registry.beat("w", 0, new WorkerRegistry.Condition(hour, hour.multipliedBy(6), List.of()));
    }

    @Test
    void anotherRealmCannotBeAskedFor() {
        get("/pipeline/jobs/recent?realm=b").isProblem(403, "FOREIGN_REALM", "realm");
        bulk("{\"action\":\"cancel\",\"filter\":{\"realm\":\"b\"}}").isProblem(403, "FOREIGN_REALM", "filter.realm");
        api.get("/pipeline/stats", "X-Api-Key", key, "X-Realm", "b").isProblem(403, "FOREIGN_REALM", "X-Realm");
        api.enqueue("{\"handler\":\"echo\"}", "X-Api-Key", key, "X-Realm", "b")
                .isProblem(403, "FOREIGN_REALM", "X-Realm");
        assertThat(api.column(foreign, "status")).isEqualTo("queued");
    }

    @Test
    void manyJobsAreActedOnInTheRealmOnly() {
        var byIds = bulk("{\"action\":\"cancel\",\"ids\":[\"%s\",\"%s\"]}".formatted(foreign, mine))
                .is(200)
                .json();
        assertThat(byIds.at("/results/0/code").asText()).isEqualTo("NOT_FOUND");
        assertThat(byIds.at("/results/0/detail").asText()).isEqualTo("there is no job " + foreign);
        assertThat(byIds.at("/results/1/success").asBoolean()).isTrue();
        var another = enqueue("a");
        var byFilter = bulk("{\"action\":\"cancel\",\"filter\":{\"queue\":\"default\"}}")
                .is(200)
                .json();
        assertThat(byFilter.path("succeeded").asInt()).isEqualTo(1);
        assertThat(byFilter.path("remaining").asInt()).isZero();
        assertThat(api.column(another, "status")).isEqualTo("cancelled");
        assertThat(api.column(foreign, "status")).isEqualTo("queued");
    }

    @Test
    void whatAKeySendsIsOfItsRealmAndSaysWhoseItWas() {
        for (var realm : new String[] {null, "a"}) {
            var sent = realm == null
                    ? api.enqueue("{\"handler\":\"echo\"}", "X-Api-Key", key)
                    : api.enqueue("{\"handler\":\"echo\"}", "X-Api-Key", key, "X-Realm", realm);
            assertThat(sent.is(202).json().path("realm").asText()).isEqualTo("a");
            assertThat(api.column(sent.jobId(), "actor")).matches("key:test/[0-9a-f-]{36}");
        }
    }

    @Test
    void idempotencyKeyOfAnotherRealmIsNotMet() {
        var theirs = api.enqueue(
                        "{\"handler\":\"echo\"}", "X-Admin-Key", ADMIN, "X-Realm", "b", "Idempotency-Key", "once")
                .is(202)
                .jobId();
        var ours = api.enqueue("{\"handler\":\"echo\"}", "X-Api-Key", key, "Idempotency-Key", "once")
                .is(202)
                .jobId();
        assertThat(ours).isNotEqualTo(theirs);
    }

    @Test
    void whoActedStandsInTheTrail() {
        bulk("{\"action\":\"cancel\",\"ids\":[\"%s\"]}".formatted(mine)).is(200);
        var events = get("/pipeline/jobs/" + mine + "/history").is(200).json().path("events");
        assertThat(events.get(1).path("actor").asText()).startsWith("key:test/");
        assertThat(events.get(1).path("new_state").asText()).isEqualTo("cancelled");
    }
}
