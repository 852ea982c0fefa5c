package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.Claim;
import io.jobtrail.job.QueueName;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the status says about waiting: why, and when to ask again. */
class WhyTest {
    private RunningApi api;

    @BeforeEach
    void start() {
        api = RunningApi.start();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private String why(UUID id) {
        return api.get("/pipeline/status/" + id).is(200).json().path("why").asText();
    }

    private int retryAfter(UUID id) {
        return Integer.parseInt(api.get("/pipeline/status/" + id).is(200).header("Retry-After"));
    }

    private void worker(String name, String handlers, int concurrency) {
        api.database.asOwner("""
                INSERT INTO pipeline_workers (id, host, pid, queues, handlers, concurrency, app_version)
                VALUES ('%s', 'h', 1, '{slow}', '{%s}', %d, 'x')""".formatted(name, handlers, concurrency));
    }

    private UUID waiting() {
        return api.database.aJob().queue(QueueName.SLOW).handler("echo").insert();
    }

    @Test
    void firstThingThatKeepsTheJobIsSaid() {
        var first = waiting();
        assertThat(why(first)).isEqualTo("waits: no live worker serves queue slow");
        worker("gone", "echo", 4);
        api.database.asOwner("UPDATE pipeline_workers SET last_beat_at = now() - interval '2 minutes'");
        assertThat(why(first)).isEqualTo("waits: no live worker serves queue slow");
        worker("w1", "process_document", 4);
        assertThat(why(first)).isEqualTo("waits: no live worker of queue slow has the handler echo");
        worker("w2", "echo,process_document", 4);
        assertThat(why(first)).isEqualTo("waits for a free worker of queue slow");
        var second = waiting();
        assertThat(why(second)).isEqualTo("waits behind 1 other in queue slow");
        assertThat(why(waiting())).isEqualTo("waits behind 2 others in queue slow");
        assertThat(why(first)).isEqualTo("waits for a free worker of queue slow");
        api.database.asOwner("UPDATE pipeline_queues SET paused = true WHERE name = 'slow'");
        assertThat(why(second)).isEqualTo("waits: queue slow is paused");
        var later = Instant.parse("2031-01-01T00:00:00Z");
        assertThat(why(api.database.aJob().queue(QueueName.SLOW).dueAt(later).insert()))
                .isEqualTo("is due at 2031-01-01T00:00:00Z");
    }

    @Test
    void othersAreCountedUpToABound() {
        worker("w", "echo", 4);
        api.database.asOwner(
                "SELECT enqueue_job('echo', p_queue => 'slow') FROM generate_series(1, 101)",
                "SELECT enqueue_job('echo', p_queue => 'urgent') FROM generate_series(1, 5)");
        assertThat(why(waiting())).isEqualTo("waits behind at least 100 others in queue slow");
    }

    @Test
    void attemptsAndPeopleAreNamed() {
        worker("w", "process_document", 4);
        var retrying = running();
        api.database.store().fail(retrying, "BOOM", "went wrong", false, Duration.ofHours(1));
        var due = api.database.reader().job(retrying.id()).orElseThrow().runAfter();
        assertThat(why(retrying.id())).isEqualTo("attempt 1 of 5 failed (BOOM); retry 1 of 4 is due at " + due);
        var asking = running();
        api.database.store().askPerson(asking, "q", "confirm", "{}");
        assertThat(why(asking.id()))
                .matches("waits for a person to answer /pipeline/hitl/.*/prompt, since 20..-..-..T..:..:..Z");
        assertThat(retryAfter(asking.id())).isEqualTo(30);
    }

    private Claim running() {
        return api.database.aJob().queue(QueueName.SLOW).claimedBy("w");
    }

    private void finished(int seconds) {
        for (int i = 0; i < 3; i++) {
            var claim = running();
            api.database.store().complete(claim, null);
            api.database.asOwner(
                    "SET session_replication_role = replica",
                    "UPDATE pipeline_jobs SET started_at = finished_at - interval '%d seconds' WHERE id = '%s'"
                            .formatted(seconds, claim.id()));
        }
    }

    @Test
    void askingAgainIsWorthItWhenTheJobMayHaveEnded() {
        worker("w", "process_document", 2);
        finished(20);
        assertThat(retryAfter(running().id())).isBetween(15, 20);
        for (int i = 0; i < 3; i++) {
            var id = api.database.aJob().queue(QueueName.SLOW).insert();
            assertThat(retryAfter(id)).as("%d before it, two at a time", i).isBetween(19 + 10 * i, 20 + 10 * i);
        }
        var late = running();
        api.database.asOwner(
                "SET session_replication_role = replica",
                "UPDATE pipeline_jobs SET started_at = now() - interval '60 seconds' WHERE id = '" + late.id() + "'");
        assertThat(retryAfter(late.id())).isBetween(15, 17);
        assertThat(retryAfter(api.database
                        .aJob()
                        .dueAt(Instant.now().plusSeconds(3_000))
                        .insert()))
                .isEqualTo(60);
    }

    @Test
    void withoutExperienceAskingAgainIsSoon() {
        assertThat(retryAfter(running().id())).isEqualTo(1);
        assertThat(retryAfter(waiting())).isEqualTo(1);
    }
}
