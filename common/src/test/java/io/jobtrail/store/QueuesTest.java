package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.job.QueueName;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class QueuesTest {
    private static final UUID SYSTEM = new UUID(0, 0);

    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    private final Queues queues = new Queues(database.runtime());

    private Queues.Setting setting(QueueName name) {
        return queues.settings().stream()
                .filter(setting -> setting.name() == name)
                .findFirst()
                .orElseThrow();
    }

    private List<String> trail() {
        return database.reader().history(SYSTEM).stream()
                .map(event ->
                        "%s by %s: %s %s".formatted(event.newState(), event.actor(), event.reason(), event.metadata()))
                .toList();
    }

    @Test
    void whoPausesAndResumesAndWhyStandsThereAndInTheTrail() {
        assertThat(queues.settings()).extracting(Queues.Setting::name).containsExactly(QueueName.values());
        var before = Instant.now().minusSeconds(1);
        assertThat(queues.pause(QueueName.SLOW, "ann", "disk is full")).isTrue();
        assertThat(queues.pause(QueueName.SLOW, "bob", "me too"))
                .as("is paused")
                .isFalse();
        var paused = setting(QueueName.SLOW);
        assertThat(paused.paused()).isTrue();
        assertThat(paused.changedBy()).isEqualTo("ann");
        assertThat(paused.reason()).isEqualTo("disk is full");
        assertThat(paused.changedAt()).isAfter(before);
        assertThat(setting(QueueName.URGENT).paused()).isFalse();
        assertThat(database.store().pausedQueues()).isEqualTo(Set.of(QueueName.SLOW));

        assertThat(queues.resume(QueueName.SLOW, "bob", null)).isTrue();
        assertThat(queues.resume(QueueName.SLOW, "bob", null)).isFalse();
        assertThat(setting(QueueName.SLOW).paused()).isFalse();
        assertThat(setting(QueueName.SLOW).reason()).isNull();
        assertThat(database.store().pausedQueues()).isEmpty();

        assertThat(trail())
                .containsExactly(
                        "paused by ann: disk is full {\"queue\": \"slow\"}",
                        "resumed by bob: RESUMED {\"queue\": \"slow\"}");
        assertThat(database.reader().verifyTrail(null)).isEmpty();
    }

    @Test
    void peopleCallThemFromPsqlAndWhatTheyWriteByHandIsToldToo() {
        queues.pause(QueueName.URGENT, "ann", "hers");
        queues.resume(QueueName.URGENT, "ann", "hers");
        database.asOwner("SELECT pause_queue('default')", "SELECT resume_queue('default', p_reason => 'done')");
        database.asOwner("UPDATE pipeline_queues SET paused = true WHERE name = 'urgent'");
        database.asOwner("UPDATE pipeline_queues SET timeout_sec = 7 WHERE name = 'urgent'");
        var me = "db:" + database.url().user();
        assertThat(setting(QueueName.URGENT).changedBy()).isEqualTo(me);
        assertThat(setting(QueueName.URGENT).reason()).isEqualTo("MANUAL");
        assertThat(trail())
                .endsWith(
                        "paused by %s: PAUSED {\"queue\": \"default\"}".formatted(me),
                        "resumed by %s: done {\"queue\": \"default\"}".formatted(me),
                        "paused by %s: MANUAL {\"queue\": \"urgent\"}".formatted(me));
        assertThatThrownBy(() -> database.asOwner("SELECT pause_queue('fast')")).hasMessageContaining("no queue fast");
    }

    @Test
    void whoWorksOnAQueueAndWhatTheyFinished() {
        var registry = new WorkerRegistry(database.runtime());
        worker(registry, "a", List.of(QueueName.URGENT, QueueName.SLOW), Map.of("urgent", 5, "slow", 2));
        worker(registry, "b", List.of(QueueName.SLOW), Map.of("slow", 3));
        worker(registry, "gone", List.of(QueueName.SLOW), Map.of("slow", 100));
        registry.signOff("gone");
        registry.register(
                new WorkerRegistry.Worker("new", "host", 7, List.of(QueueName.URGENT), List.of("echo"), 1, "1"));
        assertThat(queues.services())
                .isEqualTo(Map.of(
                        QueueName.URGENT, new Queues.Service(2, 5),
                        QueueName.SLOW, new Queues.Service(2, 5)));
    }

    private static void worker(
            WorkerRegistry registry, String id, List<QueueName> served, Map<String, Integer> finished) {
        registry.register(new WorkerRegistry.Worker(id, "host", 7, served, List.of("echo"), 3, "1.2"));
        registry.beat(
                id,
                1,
                new WorkerRegistry.Condition(
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(60),
                        List.of("tired"),
                        Map.of("finished_last_minute", finished)));
    }

    @Test
    void jobsWhoseTimeIsToComeAreCountedUpToALimit() {
        var later = Instant.now().plusSeconds(3600);
        database.asOwner("INSERT INTO pipeline_handlers (name) VALUES ('echo') ON CONFLICT DO NOTHING");
        database.aJob().queue(QueueName.SLOW).insert();
        database.aJob().queue(QueueName.SLOW).dueAt(later).insert();
        database.aJob()
                .queue(QueueName.SLOW)
                .handler("process_document")
                .dueAt(later)
                .insert();
        assertThat(queues.notDue()).isEqualTo(Map.of(QueueName.URGENT, 0L, QueueName.DEFAULT, 0L, QueueName.SLOW, 2L));
        database.asOwner("SELECT FROM generate_series(1, 1001) n, "
                + "enqueue_job('echo', to_jsonb(n), 'slow', p_run_after => now() + interval '1 h')");
        assertThat(queues.notDue()).doesNotContainKey(QueueName.SLOW).containsEntry(QueueName.URGENT, 0L);
    }

    @Test
    void processesAreListedAsTheyHaveSaidThemselves() {
        var registry = new WorkerRegistry(database.runtime());
        worker(registry, "stopped", List.of(QueueName.SLOW), Map.of());
        registry.signOff("stopped");
        worker(registry, "lost", List.of(QueueName.SLOW), Map.of());
        registry.giveUp("lost", Duration.ZERO);
        worker(registry, "silent", List.of(QueueName.SLOW), Map.of());
        worker(registry, "well", List.of(QueueName.SLOW), Map.of("slow", 3));
        database.asOwner("UPDATE pipeline_workers SET last_beat_at = now() - interval '31 s' WHERE id = 'silent'");
        var known = registry.known(10);
        assertThat(known).extracting(WorkerRegistry.Known::id).containsExactly("well", "silent", "lost", "stopped");
        assertThat(known).extracting(WorkerRegistry.Known::alive).containsExactly(true, false, false, false);
        assertThat(known).extracting(WorkerRegistry.Known::lost).containsExactly(false, false, true, false);
        assertThat(known.get(2).lastBeatAt()).isBefore(known.get(2).stoppedAt());
        assertThat(known.get(3).stoppedAt()).isEqualTo(known.get(3).lastBeatAt());
        var well = known.get(0);
        assertThat(well.concurrency()).isEqualTo(3);
        assertThat(well.running()).isEqualTo(1);
        assertThat(well.version()).isEqualTo("1.2");
        assertThat(well.handlers()).containsExactly("echo");
        assertThat(well.metrics()).contains("\"tired\"", "\"slow\": 3", "\"lease_seconds\": 60");
        assertThat(registry.known(1)).hasSize(1);
    }
}
