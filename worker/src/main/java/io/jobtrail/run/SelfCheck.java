package io.jobtrail.run;

import io.jobtrail.queue.Redis;
import io.jobtrail.queue.RedisCheck;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.WorkerRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows why this process works worse than it could, and says so: once in the log when it begins and when it ends, and on the
 * notice board with every beat. On a thread of its own, so that whatever hangs keeps nobody waiting. Mends nothing.
 */
public final class SelfCheck implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SelfCheck.class);

    private enum Cause {
        REDIS,
        POSTGRES,
        HEARTBEATS,
        THREADS
    }

    private record Since(String reason, long nanos) {}

    private final WorkerRegistry registry;
    private final String worker;
    private final Heartbeats heartbeats;
    private final RedisCheck redis;
    private final Duration interval;
    private final Duration lease;
    private final Supplier<Map<String, Object>> figures;
    private final ScheduledExecutorService thread;
    private final Map<Cause, Since> degraded = new TreeMap<>();

    /**
     * @param redis null = runs without, which is no fault
     * @param figures what the process has measured, for the notice board
     */
    public SelfCheck(
            WorkerRegistry registry,
            String worker,
            Heartbeats heartbeats,
            Redis redis,
            Duration interval,
            Duration lease,
            Supplier<Map<String, Object>> figures) {
        this.registry = registry;
        this.worker = worker;
        this.heartbeats = heartbeats;
        this.redis = redis == null ? null : new RedisCheck(redis);
        this.interval = interval;
        this.lease = lease;
        this.figures = figures;
        thread = Executors.newSingleThreadScheduledExecutor(task -> {
            var checking = new Thread(task, "self-check");
            checking.setDaemon(true);
            return checking;
        });
    }

    public void start() {
        thread.scheduleWithFixedDelay(this::checkAnyway, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void checkAnyway() {
        try {
            check();
        } catch (Throwable e) { // one that escaped would end the schedule, and this process would look dead
            LOG.warn("the check of this process failed; the next one is due in {} s", interval.toSeconds(), e);
        }
    }

    void check() {
        var reasons = new TreeMap<Cause, String>();
        if (redis != null) {
            redis.fault()
                    .ifPresent(fault -> reasons.put(
                            Cause.REDIS,
                            "Redis cannot be used (" + fault + "): jobs are claimed straight from Postgres"));
        }
        if (heartbeats.isFailing()) {
            reasons.put(
                    Cause.HEARTBEATS,
                    "heartbeats cannot be written: running jobs are stopped before their lease of " + lease.toSeconds()
                            + " s is over");
        }
        if (heartbeats.writtenOff() > 0) {
            reasons.put(
                    Cause.THREADS,
                    "threads are written off because their handlers ignore the interrupt: others run in their place");
        }
        try {
            registry.beat(
                    worker,
                    heartbeats.running(),
                    new WorkerRegistry.Condition(interval, lease, List.copyOf(reasons.values()), figures.get()));
        } catch (DatabaseFailure e) {
            reasons.put(Cause.POSTGRES, "Postgres cannot be used: no job is claimed until it can");
            LOG.debug("worker registry not written: {}", e.getMessage());
        }
        tell(reasons);
    }

    private void tell(Map<Cause, String> reasons) {
        var now = System.nanoTime();
        for (var cause : Cause.values()) {
            var reason = reasons.get(cause);
            if (reason == null && degraded.containsKey(cause)) {
                var past = degraded.remove(cause);
                LOG.info(
                        "healthy again after {} s; that was: {}",
                        TimeUnit.NANOSECONDS.toSeconds(now - past.nanos()),
                        past.reason());
            } else if (reason != null && degraded.putIfAbsent(cause, new Since(reason, now)) == null) {
                LOG.warn("degraded: {}", reason);
            }
        }
    }

    /** A beat that is under way is waited for a moment, or it would come after the word that this process has stopped. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            thread.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
