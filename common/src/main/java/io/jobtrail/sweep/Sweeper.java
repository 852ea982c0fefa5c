package io.jobtrail.sweep;

import io.jobtrail.document.DocumentStore;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.ChunkStore;
import io.jobtrail.store.Database;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.JobStore;
import io.jobtrail.store.WorkerRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what fell by the wayside: one thread that runs the sweeps of a process in turn. Of several processes one at a time
 * does a sweep. Nothing that a sweep throws ends the thread. Must not know what a sweep does.
 */
public final class Sweeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
    private static final Duration FIRST = Duration.ofSeconds(1);

    private final Database database;
    private final List<Turn> turns = new ArrayList<>();
    private final Thread thread = new Thread(this::loop, "sweeper");
    private final CountDownLatch stopping = new CountDownLatch(1);

    public Sweeper(Database database, List<Sweep> sweeps) {
        this.database = database;
        sweeps.forEach(sweep -> turns.add(new Turn(sweep)));
        thread.setDaemon(true);
    }

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
        var store = new JobStore(database);
        var sweeps = new ArrayList<>(List.of(
                new ReleaseStale(store, lease, actor),
                new RetireWorkers(new WorkerRegistry(database), queue, lease),
                new RemoveLeftovers(new DocumentStore(database), new ChunkStore(database))));
        if (retentionDays != null) {
            sweeps.add(new Retention(new JobReader(database), store, retentionDays, actor));
        }
        return sweeps;
    }

    private static final class Turn {
        private final Sweep sweep;
        private long at = System.nanoTime() + FIRST.toNanos();

        Turn(Sweep sweep) {
            this.sweep = sweep;
        }

        void after(Duration pause) {
            at = System.nanoTime() + pause.toNanos();
        }
    }

    public void start() {
        thread.start();
    }

    public boolean isAlive() {
        return thread.isAlive();
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
                LOG.error("the sweeper goes on", e);
            }
        }
    }

    private void take(Turn turn) {
        var sweep = turn.sweep;
        turn.after(sweep.interval());
        try {
            database.exclusively("jobtrail.sweep." + sweep.name(), () -> turn.after(sweep.run()));
        } catch (Throwable e) {
            if (isStopping() || Redis.isToBlame(e) || e instanceof DatabaseFailure failure && failure.isUnavailable()) {
                LOG.debug("sweep '{}' left out: {}", sweep.name(), e.getMessage());
            } else {
                LOG.error(
                        "sweep '{}' failed; the next one follows in {} s",
                        sweep.name(),
                        sweep.interval().toSeconds(),
                        e);
            }
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
