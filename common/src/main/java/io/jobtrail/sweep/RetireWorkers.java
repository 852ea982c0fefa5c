package io.jobtrail.sweep;

import io.jobtrail.queue.JobQueue;
import io.jobtrail.store.WorkerRegistry;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes worker processes that died off the boards: what Resque's tools show of them, then marks their row. Touches no job, so a
 * worker that only was silent loses nothing and shows up again by itself.
 */
public final class RetireWorkers implements Sweep {
    private static final Logger LOG = LoggerFactory.getLogger(RetireWorkers.class);
    private static final Duration KEEP = Duration.ofDays(7);

    private final WorkerRegistry registry;
    private final JobQueue queue;
    private final Duration lease;

    /** @param queue null = the system runs without Redis */
    public RetireWorkers(WorkerRegistry registry, JobQueue queue, Duration lease) {
        this.registry = registry;
        this.queue = queue;
        this.lease = lease;
    }

    @Override
    public String name() {
        return "workers";
    }

    @Override
    public Duration interval() {
        return Duration.ofSeconds(60);
    }

    /** Redis first: when it is away, the row stays as it is for the next time. */
    @Override
    public Duration run() {
        registry.forgetStopped(KEEP);
        for (var worker : registry.dead(lease)) {
            if (queue != null && !worker.mistakable()) {
                queue.removeWorkers(worker.host(), worker.pid(), worker.queues());
            }
            if (registry.giveUp(worker.id(), lease)) {
                LOG.warn("worker {} has not been heard of for {} s and is given up", worker.id(), lease.toSeconds());
            }
        }
        return interval();
    }
}
