package io.jobtrail.run;

import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.Leases;
import io.jobtrail.trace.JobLogContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the claims of this process alive: one statement for all of them, over a connection that nothing else uses. Carries
 * stages and progress along, and tells an attempt when it was cancelled, has used up its time, or is lost. A second thread
 * watches the time, because the first may hang in a statement when Postgres does. An attempt whose handler ignores all that is
 * written off: it is kept alive no longer. Decides nothing about a job's state.
 */
public final class Heartbeats implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Heartbeats.class);
    private static final Duration TICK = Duration.ofSeconds(1);

    /** A handler that goes on for so long after it was stopped does not hear. */
    public static final Duration HEARING = Duration.ofSeconds(30);

    private final Leases leases;
    private final Duration interval;
    private final Duration lease;
    private final Map<LiveContext, Life> running = new ConcurrentHashMap<>();
    private final WrittenOff writtenOff;
    private final ScheduledExecutorService threads;
    private final List<Future<?>> tasks;
    private volatile boolean failing;

    /** When the statement that is under way was sent; null when none is. */
    private volatile Long waitingSince;

    /**
     * @param leases over a connection of its own, so that a busy pool cannot cost a lease
     * @param interval between two signs of life of one claim
     * @param lease without a sign of life for so long, other processes take the job
     * @param hearing a handler that goes on for so long after it was stopped is written off
     */
    public Heartbeats(Leases leases, Duration interval, Duration lease, Duration hearing) {
        writtenOff = new WrittenOff(hearing);
        this.leases = leases;
        this.interval = interval;
        this.lease = lease;
        threads = Executors.newScheduledThreadPool(2, task -> {
            var beating = new Thread(task, "heartbeats");
            beating.setDaemon(true);
            return beating;
        });
        var tick = Math.min(TICK.toMillis(), interval.toMillis());
        tasks = List.of(every(tick, this::tick), every(tick, this::watch));
    }

    private Future<?> every(long millis, Runnable task) {
        return threads.scheduleWithFixedDelay(() -> survive(task), millis, millis, TimeUnit.MILLISECONDS);
    }

    /** Whatever escaped would end the schedule without a word, and with it every lease of this process. */
    private void survive(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            try {
                LOG.error(
                        "a heartbeat failed; the next one is due in {} s, other processes take the jobs after {} s without one",
                        TICK.toSeconds(),
                        lease.toSeconds(),
                        e);
                fenceSelf();
            } catch (Throwable unsaid) {
                // as when memory ran out: the next round matters more than this one's report
            }
        }
    }

    /** When things happened to one claim, by this machine's monotonic clock. */
    private static final class Life {
        private volatile long renewed;

        Life(long claimed) {
            renewed = claimed;
        }
    }

    /**
     * From now on the claim is kept alive, until the returned registration is closed.
     *
     * @param claimed when it was asked for, by {@link System#nanoTime}: one that has waited since then is renewed soon
     */
    Registration start(LiveContext context, long claimed) {
        // Whoever claims a job that this process still runs has it from a release, so the older attempt has lost it.
        // The answers of Postgres name the job only and would not tell.
        running.keySet().stream()
                .filter(older -> older.claim().id().equals(context.claim().id()))
                .forEach(older -> older.stop(LiveContext.Stop.LOST));
        running.put(context, new Life(claimed));
        return () -> {
            running.remove(context);
            writtenOff.ended(context);
        };
    }

    /** Ends the keeping alive of one claim. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    public int running() {
        return running.size();
    }

    /** Attempts that go on although they were given up, each on a thread that does nothing else any more. */
    public int writtenOff() {
        return writtenOff.count();
    }

    /** Called, on a thread of the heartbeats, with each attempt that is written off. Not to be kept waiting. */
    void onWrittenOff(Consumer<LiveContext> reaction) {
        writtenOff.onEach(reaction);
    }

    /** Whether the last attempt to keep the claims alive failed. */
    public boolean isFailing() {
        return failing;
    }

    /**
     * Why a process that runs so many jobs at once can do no more work and has to be replaced; empty while it can. Threads that
     * are written off cost memory and processor: as many as there are working ones can be borne.
     */
    Optional<String> fault(int concurrency) {
        if (threads.isShutdown() || tasks.stream().anyMatch(Future::isDone)) {
            return Optional.of("its heartbeats have ended, so that it would lose every job");
        } else if (writtenOff.count() > concurrency) {
            return Optional.of(writtenOff.count() + " threads are written off, because their handlers do not end");
        }
        return Optional.empty();
    }

    /** Asks all running attempts to stop because this process has to. */
    void stopAll() {
        running.keySet().forEach(context -> context.stop(LiveContext.Stop.SHUTDOWN));
    }

    /** The claims that are held now. */
    Set<LiveContext> held() {
        return Set.copyOf(running.keySet());
    }

    private void tick() {
        var now = System.nanoTime();
        var beating = new ArrayList<LiveContext>();
        var others = new ArrayList<LiveContext>();
        running.forEach((context, life) -> {
            if (context.isLetGo()) {
                return;
            }
            // At the deadline at once, so that Postgres knows why it ended even if this worker vanishes now.
            var due = context.isChanged()
                    || now - life.renewed >= interval.toNanos()
                    || context.timeLeft().isZero();
            (due ? beating : others).add(context);
        });
        failing &= !running.isEmpty();
        if (!beating.isEmpty()) {
            beat(beating);
        }
        if (!others.isEmpty()) {
            look(others);
        }
    }

    private void watch() {
        var now = System.nanoTime();
        running.keySet().forEach(context -> {
            if (context.timeLeft().isZero()) {
                context.stop(LiveContext.Stop.TIMEOUT);
            }
            if (writtenOff.isDue(context)) {
                writtenOff.add(context, attempt -> running.remove(attempt) != null);
            }
        });
        var waiting = waitingSince;
        if (waiting != null && now - waiting > lease.toNanos() / 4) {
            fenceSelf();
        }
    }

    private void beat(List<LiveContext> contexts) {
        var sent = System.nanoTime();
        var pulses = ask(
                contexts,
                () -> leases.updateHeartbeats(
                        contexts.stream().map(LiveContext::beat).toList()));
        contexts.forEach(context -> {
            var pulse = pulses.get(context.claim().id());
            var life = running.get(context);
            if (pulse != null && !pulse.renewed()) {
                context.saidInVain(); // somebody else has locked the row for the moment
            } else if (pulse != null && life != null) {
                life.renewed = sent;
            }
        });
        fenceSelf();
    }

    /** Between two heartbeats: reads only, so that a person who cancels a job need not wait for the next one. */
    private void look(List<LiveContext> contexts) {
        ask(
                contexts,
                () -> leases.pulses(contexts.stream().map(LiveContext::claim).toList()));
    }

    /** Tells the attempts what Postgres says about them, and answers it: nothing when Postgres could not be asked. */
    private Map<UUID, Leases.Pulse> ask(List<LiveContext> contexts, Supplier<Map<UUID, Leases.Pulse>> question) {
        Map<UUID, Leases.Pulse> pulses;
        waitingSince = System.nanoTime();
        try {
            pulses = question.get();
            failing = false;
        } catch (DatabaseFailure e) {
            failing = true;
            LOG.warn(
                    "heartbeat of {} jobs not written ({}); trying again every second",
                    contexts.size(),
                    e.getMessage());
            fenceSelf();
            return Map.of();
        } finally {
            waitingSince = null;
        }
        contexts.stream()
                // else its outcome is being recorded, or was while the statement ran
                .filter(context -> running.containsKey(context) && !context.hasEnded())
                .forEach(context -> tell(context, pulses.get(context.claim().id())));
        return pulses;
    }

    private static void tell(LiveContext context, Leases.Pulse pulse) {
        if (pulse == null) {
            if (context.stop(LiveContext.Stop.LOST)) {
                warn(
                        context,
                        "job {} is no longer held by this worker; the attempt is stopped and its result thrown away");
            }
        } else if (pulse.cancelRequested()) {
            context.stop(LiveContext.Stop.CANCELLED);
        } else if (pulse.expired()) {
            context.stop(LiveContext.Stop.TIMEOUT);
        }
    }

    /** A claim that could not be renewed for three quarters of the lease may be given to somebody else soon: stop first. */
    private void fenceSelf() {
        var now = System.nanoTime();
        running.forEach((context, life) -> {
            if (now - life.renewed > lease.toNanos() / 4 * 3 && context.stop(LiveContext.Stop.FENCED)) {
                warn(
                        context,
                        "job {} could not be kept alive; the attempt is stopped, and the job given back as soon as Postgres can "
                                + "be asked, or released once its lease is over");
            }
        });
    }

    private static void warn(LiveContext context, String what) {
        try (var log = JobLogContext.of(context.claim())) {
            LOG.warn(what, context.claim().id());
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
