package io.jobtrail.run;

import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.JobStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** A bounded run: takes due jobs from Postgres, runs them, and stops. Serves {@code --once} and {@code --limit}, and the tests. */
public final class Drain {
    private final JobStore store;
    private final JobRunner runner;
    private final Ending ending;
    private final Handlers handlers;
    private final List<QueueName> queues;
    private final String worker;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile List<Future<Optional<JobState>>> attempts = List.of();

    public Drain(
            JobStore store,
            JobRunner runner,
            Heartbeats heartbeats,
            Handlers handlers,
            List<QueueName> queues,
            String worker) {
        this.store = store;
        this.runner = runner;
        ending = new Ending(store, heartbeats);
        this.handlers = handlers;
        this.queues = queues;
        this.worker = worker;
    }

    /** What a bounded run has done. An attempt that is retried later counts as failed here; one that was given back does not count. */
    public record Count(int processed, int succeeded, int failed) {}

    /**
     * Runs once.
     *
     * @param limit most attempts to run
     * @param pollInterval null = stop when nothing is due; else how long to wait for more
     */
    public Count run(int limit, int concurrency, Duration pollInterval) throws InterruptedException {
        var threads = Executors.newFixedThreadPool(concurrency);
        try {
            int processed = 0;
            int succeeded = 0;
            while (stopping.getCount() > 0 && processed < limit) {
                var claims = store.claim(queues, Math.min(concurrency, limit - processed), worker, handlers.names());
                if (claims.isEmpty() && pollInterval == null) {
                    break;
                }
                if (claims.isEmpty()) {
                    stopping.await(pollInterval.toMillis(), TimeUnit.MILLISECONDS);
                }
                attempts = claims.stream()
                        .map(claim -> threads.submit(() -> runner.run(claim)))
                        .toList();
                for (var attempt : attempts) {
                    var state = stateAfter(attempt);
                    processed += state == JobState.QUEUED ? 0 : 1;
                    succeeded += state == JobState.FINISHED ? 1 : 0;
                }
            }
            return new Count(processed, succeeded, processed - succeeded);
        } finally {
            threads.shutdownNow();
            ended.countDown();
        }
    }

    /** Queued: it was given back. Null: the claim was lost. */
    private static JobState stateAfter(Future<Optional<JobState>> attempt) throws InterruptedException {
        try {
            return attempt.get().orElse(null);
        } catch (CancellationException e) {
            return JobState.QUEUED;
        } catch (ExecutionException e) {
            throw new IllegalStateException("an attempt could not be run", e.getCause());
        }
    }

    /**
     * Makes {@link #run} take no more jobs and return: lets those end that end in time, and gives the rest back to their
     * queues. To be called from another thread; returns when the jobs are cared for.
     *
     * @param patience how long running jobs may go on
     */
    public void stop(Duration patience) {
        stopping.countDown();
        ending.within(patience, this::hasEnded);
        attempts.forEach(attempt -> attempt.cancel(true)); // whoever still runs hears nothing, and has lost its job
    }

    private boolean hasEnded(Duration patience) {
        try {
            return ended.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
