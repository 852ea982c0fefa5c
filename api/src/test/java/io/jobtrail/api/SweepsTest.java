package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the web process does for jobs while no worker lives. */
class SweepsTest {
    @Test
    void jobsOfDeadWorkersAreReleasedAndOldOnesPurgedWithoutAnyWorker() {
        try (var api = RunningApi.start("RETENTION_DAYS", "7")) {
            var lost = api.database.aJob().claimedBy("gone");
            var old = api.database.aJob().claimedBy("w");
            api.database.store().complete(old, "{}");
            api.database.asOwner(
                    "UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour' WHERE id = '" + lost.id()
                            + "'",
                    "UPDATE pipeline_jobs SET finished_at = now() - interval '8 days' WHERE id = '" + old.id() + "'");

            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> api.database.assertThatJob(lost.id()).isRetrying("HEARTBEAT_TIMEOUT"));
            assertThat(api.database.reader().history(lost.id()))
                    .last()
                    .satisfies(event -> assertThat(event.actor()).startsWith("sweeper:api:"));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> api.database.reader().job(old.id()).isEmpty());
        }
    }
}
