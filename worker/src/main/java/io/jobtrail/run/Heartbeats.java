package io.jobtrail.run;

import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the claims of this process alive: one statement for all of them, over a connection that nothing else uses. Carries
 * stages and progress along, and tells an attempt when it was cancelled, has used up its time, or is lost. A second thread
 * watches the time, because the first may hang in a statement when Postgres does. Decides nothing about a job's state.
 */
public final class Heartbeats implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Heartbeats.class);
    private static final Duration TICK = Duration.ofSeconds(1);

    /** A handler that goes on for so long after it was stopped does not hear. */
    private static final Duration HEARING = Duration.ofSeconds(30);

    private final JobStore store;
    private final Duration interval;
    private final Duration lease;
    private final Duration hearing;
    private final Map<LiveContext, Life> running = new ConcurrentHashMap<>();
    private final ScheduledExecutorService threads;

    /** When the statement that is under way was sent; null when none is. */
    private volatile Long waitingSince;

    /**
     * @param store over a connection of its own, so that a busy pool cannot cost a lease
     * @param interval between two signs of life of one claim
     * @param lease without a sign of life for so long, other processes take the job
     */
    public Heartbeats(JobStore store, Duration interval, Duration lease) {
        this(store, interval, lease, HEARING);
    }

    Heartbeats(JobStore store, Duration interval, Duration lease, Duration hearing) {
        this.hearing = hearing;
        this.store = store;
        this.interval = interval;
        this.lease = lease;
        threads = Executors.newScheduledThreadPool(2, task -> {
            var beating = new Thread(task, "heartbeats");
            beating.setDaemon(true);
            return beating;
        });
        var tick = Math.min(TICK.toMillis(), interval.toMillis());
        threads.scheduleWithFixedDelay(this::tick, tick, tick, TimeUnit.MILLISECONDS);
        threads.scheduleWithFixedDelay(this::watch, tick, tick, TimeUnit.MILLISECONDS);
    }

    /** When things happened to one claim, by this machine's monotonic clock. */
    private static final class Life {
        private volatile long renewed = System.nanoTime();
    }

    /** From now on the claim is kept alive, until the returned registration is closed. */
    Registration start(LiveContext context) {
        // Whoever claims a job that this process still runs has it from a release: the older attempt has lost it. The
        // answers
        // of Postgres, which name the job only, would not tell.
        running.keySet().stream()
                .filter(older -> older.claim().id().equals(context.claim().id()))
                .forEach(older -> older.stop(LiveContext.Stop.LOST));
        running.put(context, new Life());
        return () -> running.remove(context);
    }

    /** Ends the keeping alive of one claim. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    public int running() {
        return running.size();
    }

    /** Asks all running attempts to stop because this process has to. */
    void stopAll() {
        running.keySet().forEach(context -> context.stop(LiveContext.Stop.SHUTDOWN));
    }

    /** The claims that are held now. */
    Iterable<LiveContext> held() {
        return running.keySet();
    }

    private void tick() {
        try {
            var now = System.nanoTime();
            var beating = new ArrayList<LiveContext>();
            running.forEach((context, life) -> {
                if (context.isChanged() || now - life.renewed >= interval.toNanos()) {
                    beating.add(context);
                }
            });
            if (!beating.isEmpty()) {
                beat(beating);
            }
        } catch (RuntimeException e) {
            // An exception that escapes would end the schedule, and with it every lease of this process.
            LOG.error(
                    "a heartbeat failed; the next one is due in {} s, other processes take the jobs after {} s without one",
                    TICK.toSeconds(),
                    lease.toSeconds(),
                    e);
            fenceSelf();
        }
    }

    private void watch() {
        var now = System.nanoTime();
        running.keySet().forEach(context -> {
            if (context.timeLeft().isZero()) {
                context.stop(LiveContext.Stop.TIMEOUT);
            }
            if (context.isDeafFor(hearing)) {
                LOG.error(
                        "job {} attempt {} still runs on thread {}, {} s after it was stopped as {}: its handler ignores the "
                                + "interrupt, and this worker runs one job less until it is restarted",
                        context.claim().id(),
                        context.claim().job().attempt(),
                        context.thread(),
                        hearing.toSeconds(),
                        context.stopReason().orElseThrow());
            }
        });
        var waiting = waitingSince;
        if (waiting != null && now - waiting > lease.toNanos() / 4) {
            fenceSelf();
        }
    }

    private void beat(ArrayList<LiveContext> contexts) {
        var sent = System.nanoTime();
        Map<UUID, JobStore.Pulse> pulses;
        waitingSince = sent;
        try {
            pulses = store.updateHeartbeats(
                    contexts.stream().map(LiveContext::beat).toList());
        } catch (DatabaseFailure e) {
            LOG.warn(
                    "heartbeat of {} jobs not written ({}); trying again every second",
                    contexts.size(),
                    e.getMessage());
            fenceSelf();
            return;
        } finally {
            waitingSince = null;
        }
        for (var context : contexts) {
            var pulse = pulses.get(context.claim().id());
            var life = running.get(context);
            if (life == null || context.hasEnded()) {
                continue; // its outcome is being recorded, or was while the statement ran
            }
            if (pulse == null) {
                if (context.stop(LiveContext.Stop.LOST)) {
                    LOG.warn(
                            "job {} is no longer held by this worker; the attempt is stopped and its result thrown away",
                            context.claim().id());
                }
            } else if (pulse.cancelRequested()) {
                context.stop(LiveContext.Stop.CANCELLED);
            } else if (pulse.expired()) {
                context.stop(LiveContext.Stop.TIMEOUT);
            } else {
                life.renewed = sent;
            }
        }
    }

    /** A claim that could not be renewed for three quarters of the lease may be given to somebody else soon: stop first. */
    private void fenceSelf() {
        var now = System.nanoTime();
        running.forEach((context, life) -> {
            if (now - life.renewed > lease.toNanos() / 4 * 3 && context.stop(LiveContext.Stop.LOST)) {
                LOG.warn(
                        "job {} could not be kept alive; the attempt is stopped, and the job is released once its lease is over",
                        context.claim().id());
            }
        });
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
