package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.QueueName;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What a worker says of itself. */
class WorkerRegistryTest {
    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    private final JobReader reader = database.reader();

    @Test
    void aHandlerIsKnownOnceAWorkerHasRegisteredIt() {
        assertThat(reader.handlers()).containsExactly("process_document");
        var registry = new WorkerRegistry(database.runtime());
        registry.register(new WorkerRegistry.Worker(
                "id", "host", 1, List.of(QueueName.SLOW), List.of("transcribe", "process_document"), 2, "1"));
        registry.beat("id", 2, new WorkerRegistry.Condition(Duration.ofSeconds(10), Duration.ofSeconds(60), List.of()));
        registry.signOff("id");
        assertThat(reader.handlers()).containsExactly("process_document", "transcribe");
        assertThat(database.ask("SELECT running FROM pipeline_workers WHERE stopped_at IS NOT NULL"))
                .isEqualTo(0);
    }

    @Test
    void aWorkerThatComesAgainUnderItsNameReplacesAllThatWasSaidOfIt() {
        var registry = new WorkerRegistry(database.runtime());
        registry.register(new WorkerRegistry.Worker("again", "a", 1, List.of(QueueName.SLOW), List.of("one"), 2, "1"));
        registry.beat(
                "again",
                2,
                new WorkerRegistry.Condition(Duration.ofSeconds(10), Duration.ofSeconds(60), List.of("tired")));
        registry.signOff("again");
        registry.register(
                new WorkerRegistry.Worker("again", "b", 7, List.of(QueueName.URGENT), List.of("two"), 3, "2"));
        assertThat(database.ask("SELECT concat_ws(' ', host, pid, queues, handlers, concurrency, app_version, running, "
                        + "stopped_at, metrics) FROM pipeline_workers WHERE id = 'again'"))
                .isEqualTo("b 7 {urgent} {two} 3 2 0 {}");
    }
}
