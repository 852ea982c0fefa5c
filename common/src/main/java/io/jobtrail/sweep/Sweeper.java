package io.jobtrail.sweep;

import io.jobtrail.queue.Redis;
import io.jobtrail.store.Database;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.SweepTurns;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what fell by the wayside: one thread that runs the sweeps of a process in turn. Of several processes one at a time
 * does a sweep, and of a shared sweep only one within its interval. Not shared is what is for one process's handlers, or rests
 * on what the same process saw the last time. Nothing that a sweep throws ends the thread. Must not know what a sweep does.
 */
public final class Sweeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
    private static final Duration FIRST_AFTER = Duration.ofSeconds(1);

    /** So many failures in a row are more than a short outage. */
    private static final int PATIENCE = 3;

    private final Database database;
    private final SweepTurns shared;
    private final List<Turn> turns = new ArrayList<>();
    private final Thread thread = new Thread(this::loop, "sweeper");
    private final CountDownLatch stopping = new CountDownLatch(1);

    /** @param database with two connections for this alone: one holds the lock, the other is for what the sweep does */
    public Sweeper(Database database, List<Sweep> sweeps) {
        this(database, sweeps, FIRST_AFTER);
    }

    /** @param firstAfter the pause before the first turn of each sweep */
    public Sweeper(Database database, List<Sweep> sweeps, Duration firstAfter) {
        this.database = database;
        shared = new SweepTurns(database);
        sweeps.forEach(sweep -> turns.add(new Turn(sweep, firstAfter)));
        thread.setDaemon(true);
    }

    private static final class Turn {
        private final Sweep sweep;
        private long at;
        private int leftOut;

        Turn(Sweep sweep, Duration firstAfter) {
            this.sweep = sweep;
            after(firstAfter);
        }

        void after(Duration pause) {
            at = System.nanoTime() + pause.toNanos();
        }
    }

    /** @param meters get whether this sweeper is there */
    public Sweeper measuredBy(MeterRegistry meters) {
        Gauge.builder("jobtrail.sweeper.up", this, sweeper -> sweeper.hasEnded() ? 0 : 1)
                .description("1 while the sweeper of this process goes on, 0 once it has ended")
                .register(meters);
        return this;
    }

    public void start() {
        thread.start();
    }

    public boolean isAlive() {
        return thread.isAlive();
    }

    /** It was started and does not sweep any more. */
    public boolean hasEnded() {
        return thread.getState() == Thread.State.TERMINATED;
    }

    private void loop() {
        while (!isStopping()) {
            try {
                var next = turns.stream()
                        .min((one, other) -> Long.signum(one.at - other.at))
                        .orElseThrow();
                if (!stopping.await(next.at - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    take(next);
                }
            } catch (InterruptedException e) {
                // Meant for the work that has just ended, or comes with the stop, which the loop asks for itself.
            } catch (Throwable e) {
                tell(e);
            }
        }
    }

    /** A log that cannot be written is no reason to stop sweeping. */
    private static void tell(Throwable failure) {
        try {
            LOG.error("the sweeper goes on", failure);
        } catch (Throwable alsoFailed) {
            failure.addSuppressed(alsoFailed);
        }
    }

    private void take(Turn turn) {
        var sweep = turn.sweep;
        turn.after(sweep.interval());
        try {
            database.exclusively("jobtrail.sweep." + sweep.name(), () -> run(turn));
            turn.leftOut = 0;
        } catch (Throwable e) {
            if (isStopping() || Redis.isToBlame(e) || e instanceof DatabaseFailure failure && failure.isUnavailable()) {
                if (++turn.leftOut == PATIENCE && !isStopping()) {
                    LOG.warn("sweep '{}' was left out {} times in a row: {}", sweep.name(), PATIENCE, e.getMessage());
                } else {
                    LOG.debug("sweep '{}' left out: {}", sweep.name(), e.getMessage());
                }
            } else {
                LOG.error(
                        "sweep '{}' failed; the next one follows in {} s",
                        sweep.name(),
                        sweep.interval().toSeconds(),
                        e);
            }
        }
    }

    private void run(Turn turn) {
        var sweep = turn.sweep;
        var due = sweep.isShared() ? shared.dueIn(sweep.name(), sweep.interval()) : Duration.ZERO;
        if (due.isZero()) {
            var pause = sweep.run();
            turn.after(pause);
            if (sweep.isShared()) {
                shared.done(sweep.name(), pause);
            }
        } else {
            turn.after(due);
        }
    }

    private boolean isStopping() {
        return stopping.getCount() == 0;
    }

    @Override
    public void close() {
        stopping.countDown();
        thread.interrupt();
    }
}
