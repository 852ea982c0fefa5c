package io.jobtrail.api;

import io.jobtrail.job.Claim;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.Leases.Beat;
import io.jobtrail.store.WorkerRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A worker that does what a test says, one step at a time, through the same writes as a real one. */
final class DashboardWorker {
    private static final List<String> HANDLERS = List.of("process_document", "echo");

    private final RunningApi api;

    DashboardWorker(RunningApi api) {
        this.api = api;
        var registry = new WorkerRegistry(api.database.runtime());
        registry.register(
                new WorkerRegistry.Worker("worker-1", "host-1", 7, List.of(QueueName.values()), HANDLERS, 2, "1.2"));
        registry.beat(
                "worker-1",
                1,
                new WorkerRegistry.Condition(
                        Duration.ofSeconds(60),
                        Duration.ofMinutes(10),
                        List.of(),
                        Map.of("finished", 12, "failed", 3, "finished_last_minute", Map.of("slow", 10))));
    }

    /** Two that are gone: stopped-1 in order, lost-1 without a word. */
    void othersEnd() {
        var registry = new WorkerRegistry(api.database.runtime());
        for (var id : List.of("stopped-1", "lost-1")) {
            registry.register(new WorkerRegistry.Worker(id, "host-1", 8, List.of(), HANDLERS, 2, "1.2"));
        }
        registry.signOff("stopped-1");
        registry.giveUp("lost-1", Duration.ZERO);
    }

    Claim claims(UUID id) {
        return api.database.store().claim(id, "worker-1", HANDLERS).orElseThrow();
    }

    void isAt(Claim claim, String stage, double progress) {
        api.database.leases().updateHeartbeats(List.of(new Beat(claim.id(), claim.version(), stage, progress)));
    }

    void finishes(Claim claim, String result) {
        if (!api.database.store().complete(claim, result)) {
            throw new IllegalStateException("the claim was lost");
        }
    }

    /** A new job that has failed for good. */
    UUID failed(String code, String error) {
        var claim = api.database.aJob().claimedBy("worker-1");
        api.database.store().fail(claim, code, error, true, Duration.ZERO).orElseThrow();
        return claim.id();
    }

    /** A new job that waits for a person. */
    UUID asks(String prompt) {
        var claim = api.database.aJob().claimedBy("worker-1");
        api.database.store().askPerson(claim, "review", "confirm", prompt);
        return claim.id();
    }
}
