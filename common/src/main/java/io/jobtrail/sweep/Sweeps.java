package io.jobtrail.sweep;

import io.jobtrail.document.DocumentStore;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.store.AccessEvents;
import io.jobtrail.store.Changes;
import io.jobtrail.store.ChunkStore;
import io.jobtrail.store.Database;
import io.jobtrail.store.JobActions;
import io.jobtrail.store.JobCounts;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.Leases;
import io.jobtrail.store.WorkerRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Puts the sweeps of a process together. Must not run them. */
public final class Sweeps {
    private Sweeps() {}

    /**
     * What every process sweeps, whatever else it does.
     *
     * @param queue null = the system runs without Redis
     * @param lease the same in every process
     * @param retentionDays null = every job is kept
     * @param actor who stands in the trail
     */
    public static List<Sweep> ofEveryProcess(
            Database database, JobQueue queue, Duration lease, Integer retentionDays, String actor) {
        var sweeps = new ArrayList<>(List.of(
                new ReleaseStale(new Leases(database), lease, actor),
                new RetireWorkers(new WorkerRegistry(database), queue, lease),
                new RemoveLeftovers(new DocumentStore(database), new ChunkStore(database)),
                new FoldCounts(new JobCounts(database)),
                new TrimChanges(new Changes(database)),
                new PurgeAccessEvents(new AccessEvents(database))));
        if (retentionDays != null) {
            sweeps.add(new Retention(new JobReader(database), new JobActions(database), retentionDays, actor));
        }
        return sweeps;
    }
}
