package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.JobAction;
import io.jobtrail.testing.Together;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobCacheTest {
    private static final String HITS = "jobtrail_cache_gets_total{result=\"hit\"}";

    /** What is promised, and a little for the test's own requests. */
    private static final Duration BOUND = ChangeFeed.FRESH.plusMillis(500);

    private RunningApi api;

    @BeforeEach
    void start() {
        api = RunningApi.start();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private UUID failed() {
        var claim = api.database.aJob().claimedBy("w");
        api.database.store().fail(claim, "BOOM", "went wrong", true, Duration.ZERO);
        return claim.id();
    }

    private static String status(RunningApi process, UUID id) {
        return process.get("/pipeline/status/" + id).json().path("status").asText();
    }

    /** Asks until the answer comes from memory. */
    private static void fill(RunningApi process, UUID id) {
        await().until(() -> {
            double before = process.metric(HITS);
            process.get("/pipeline/status/" + id).is(200);
            return process.metric(HITS) > before;
        });
    }

    @Test
    void jobThatHasEndedIsReadOnceAndOneThatHasNotEveryTime() {
        var id = failed();
        fill(api, id);
        // Again when this process was held up for so long that it may not trust its memory.
        await().untilAsserted(() -> {
            double before = api.metric(HITS);
            for (int i = 0; i < 10; i++) {
                assertThat(status(api, id)).isEqualTo("failed");
                api.get("/pipeline/jobs/" + id + "/result").is(200);
            }
            assertThat(api.metric(HITS)).isEqualTo(before + 20);
        });
        assertThat(api.metric("jobtrail_cache_jobs")).isEqualTo(1);
        var waiting = api.database.aJob().insert();
        double hits = api.metric(HITS);
        for (int i = 0; i < 10; i++) {
            status(api, waiting);
        }
        assertThat(api.metric(HITS)).isEqualTo(hits);
    }

    /** Else the time of the answer tells that it is there. */
    @Test
    void whatIsKeptIsLookedForByAnotherRealmAsWhatDoesNotExistIs() {
        var admin = new String[] {"X-Admin-Key", "a-key-for-the-tests"};
        try (var guarded = api.another("ADMIN_API_KEY", admin[1], "HOST", "127.0.0.1")) {
            var stranger = new String[] {"X-Api-Key", guarded.newKey(admin[1], "b", "read")};
            var id = failed();
            await().until(() -> {
                double before = gets(guarded, "hit", admin);
                guarded.get("/pipeline/status/" + id, admin).is(200);
                return gets(guarded, "hit", admin) > before;
            });
            double hits = gets(guarded, "hit", admin);
            double misses = gets(guarded, "miss", admin) + gets(guarded, "passed", admin);
            for (var path : List.of("/pipeline/status/%s", "/pipeline/status/%s?wait=1", "/pipeline/jobs/%s/result")) {
                guarded.get(path.formatted(id), stranger).is(404);
                guarded.get(path.formatted(UUID.randomUUID()), stranger).is(404);
            }
            assertThat(gets(guarded, "hit", admin)).isEqualTo(hits);
            assertThat(gets(guarded, "miss", admin) + gets(guarded, "passed", admin))
                    .isEqualTo(misses + 6);
        }
    }

    private static double gets(RunningApi process, String result, String... headers) {
        var name = "jobtrail_cache_gets_total{result=\"" + result + "\"} ";
        return process.get("/metrics", headers)
                .text()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
                .sum();
    }

    @Test
    void whatIsDoneHereIsSeenHereAtOnce() {
        for (int i = 0; i < 10; i++) {
            var id = failed();
            fill(api, id);
            api.send(
                            "POST",
                            "/pipeline/jobs/" + id,
                            "{\"action\":\"retry\"}".getBytes(StandardCharsets.UTF_8),
                            "Content-Type",
                            "application/json")
                    .is(200);
            assertThat(status(api, id)).isEqualTo("queued");
            api.send("DELETE", "/pipeline/jobs/" + id, null).is(200);
            api.get("/pipeline/status/" + id).is(404);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsDoneElsewhereIsSeenWithinTheBound(boolean redis) {
        try (var other = redis ? api.another() : api.another("REDIS_URL", "")) {
            var retried = failed();
            var deleted = failed();
            var purged = failed();
            api.database.age(0, purged);
            List.of(retried, deleted, purged).forEach(id -> fill(other, id));
            api.database.actions().retry(retried, "test", null);
            api.database.actions().act(JobAction.DELETE, List.of(deleted), "test", null);
            api.database.asOwner(
                    "SET jobtrail.purging = 'on'",
                    "DELETE FROM pipeline_job_events WHERE job_id = '" + purged + "'",
                    "DELETE FROM pipeline_jobs WHERE id = '" + purged + "'");
            await().atMost(BOUND).untilAsserted(() -> {
                assertThat(status(other, retried)).isEqualTo("queued");
                other.get("/pipeline/status/" + deleted).is(404);
                other.get("/pipeline/status/" + purged).is(404);
                other.get("/pipeline/jobs/" + purged + "/result").is(404);
            });
        }
    }

    /** While others change it all the time, nobody is shown a state that was over before the question was sent. */
    @Test
    void noOldStateIsKeptByWhoReadsWhileItChanges() {
        var id = failed();
        fill(api, id);
        var done = new AtomicBoolean();
        Together.run(4, number -> {
            if (number > 0) {
                while (!done.get()) {
                    status(api, id);
                }
                return null;
            }
            for (int i = 0; i < 50; i++) {
                act(id, "retry");
                assertThat(status(api, id)).isEqualTo("queued");
                act(id, "cancel");
                assertThat(status(api, id)).isEqualTo("cancelled");
            }
            done.set(true);
            return null;
        });
    }

    private void act(UUID id, String action) {
        api.send(
                        "POST",
                        "/pipeline/jobs/" + id,
                        ("{\"action\":\"" + action + "\"}").getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        "application/json")
                .is(200);
    }
}
