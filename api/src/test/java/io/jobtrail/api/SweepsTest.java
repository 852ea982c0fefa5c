package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the web process does for jobs while no worker lives. */
class SweepsTest {
    @Test
    void jobsOfDeadWorkersAreReleased() {
        try (var api = RunningApi.start()) {
            var lost = api.database.aJob().claimedBy("gone").id();
            api.database.asOwner("UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour'");

            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> api.database.assertThatJob(lost).isRetrying("HEARTBEAT_TIMEOUT"));
            assertThat(api.database.reader().history(lost))
                    .last()
                    .satisfies(event -> assertThat(event.actor()).startsWith("sweeper:api:"));
        }
    }

    @Test
    void aSweeperThatHasEndedIsToldOf() {
        try (var api = RunningApi.start()) {
            assertThat(api.get("/health").is(200).json().path("reasons").toString())
                    .doesNotContain("sweeper");
            api.server.sweeper().close();
            await().untilAsserted(() -> {
                var health = api.get("/health").is(200).json();
                assertThat(health.path("status").asText()).isEqualTo("degraded");
                assertThat(health.path("reasons").toString()).contains("the sweeper of this web process has ended");
            });
        }
    }

    @Test
    void oldJobsArePurgedIfThatIsSetAndKeptIfNot() {
        try (var keeping = RunningApi.start()) {
            var database = keeping.database;
            var old = database.aJob().madeDaysAgo(50).claimedBy("w");
            database.store().complete(old, "{}");
            database.age(8, old.id());
            database.asOwner("SELECT set_retention(7)");
            try (var purging = ApiServer.start(RunningApi.settings(database.environmentUrl(), "RETENTION_DAYS", "9"))) {
                assertThat(purging.port()).isPositive();
                await().during(Duration.ofSeconds(2))
                        .until(() -> database.reader().job(old.id()).isPresent());
            }
            database.asOwner("DELETE FROM pipeline_sweeps"); // another number of days counts from the next turn on
            try (var purging = ApiServer.start(RunningApi.settings(database.environmentUrl(), "RETENTION_DAYS", "7"))) {
                assertThat(purging.port()).isPositive();
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> database.reader().job(old.id()).isEmpty());
            }
        }
    }
}
