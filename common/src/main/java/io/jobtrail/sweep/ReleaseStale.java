package io.jobtrail.sweep;

import io.jobtrail.store.Leases;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes jobs from workers that give no sign of life. Runs in every process, so that it is done while no worker lives. */
public final class ReleaseStale implements Sweep {
    private static final Logger LOG = LoggerFactory.getLogger(ReleaseStale.class);
    private static final int BATCH = 500;

    private final Leases leases;
    private final Duration lease;
    private final String actor;

    public ReleaseStale(Leases leases, Duration lease, String actor) {
        this.leases = leases;
        this.lease = lease;
        this.actor = actor;
    }

    @Override
    public String name() {
        return "release";
    }

    @Override
    public Duration interval() {
        return Duration.ofSeconds(5);
    }

    @Override
    public Duration run() {
        var released = leases.releaseStale(lease, BATCH, actor);
        for (var job : released) {
            LOG.warn(
                    "job {} was taken from worker {}, which has not been heard of for {} s; it is {} now",
                    job.id(),
                    job.lostBy(),
                    lease.toSeconds(),
                    job.status().wireName());
        }
        return released.size() < BATCH ? interval() : Duration.ZERO;
    }
}
