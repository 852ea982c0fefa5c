package io.jobtrail.run;

import io.jobtrail.job.Claim;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.JobStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A bounded run: takes due jobs from Postgres, runs them, and stops. Serves {@code --once} and {@code --limit}, and the tests. */
public final class Drain {
    private final JobStore store;
    private final JobRunner runner;
    private final Handlers handlers;
    private final List<QueueName> queues;
    private final String worker;

    public Drain(JobStore store, JobRunner runner, Handlers handlers, List<QueueName> queues, String worker) {
        this.store = store;
        this.runner = runner;
        this.handlers = handlers;
        this.queues = queues;
        this.worker = worker;
    }

    /** What a bounded run has done. An attempt that is retried later counts as failed here. */
    public record Count(int processed, int succeeded, int failed) {}

    /**
     * @param limit most attempts to run
     * @param pollInterval null = stop when nothing is due; else how long to wait for more
     */
    public Count run(int limit, int concurrency, Duration pollInterval) throws InterruptedException {
        var threads = Executors.newFixedThreadPool(concurrency);
        try {
            int processed = 0;
            int succeeded = 0;
            while (processed < limit) {
                var claims = store.claim(queues, Math.min(concurrency, limit - processed), worker, handlers.names());
                if (claims.isEmpty() && pollInterval == null) {
                    break;
                }
                if (claims.isEmpty()) {
                    Thread.sleep(pollInterval.toMillis());
                }
                processed += claims.size();
                succeeded += run(claims, threads);
            }
            return new Count(processed, succeeded, processed - succeeded);
        } finally {
            threads.shutdownNow();
        }
    }

    private int run(List<Claim> claims, ExecutorService threads) throws InterruptedException {
        var attempts = new ArrayList<Callable<Boolean>>();
        claims.forEach(claim -> attempts.add(
                () -> runner.run(claim).filter(JobState.FINISHED::equals).isPresent()));
        int succeeded = 0;
        for (var attempt : threads.invokeAll(attempts)) {
            try {
                succeeded += attempt.get() ? 1 : 0;
            } catch (ExecutionException e) {
                throw new IllegalStateException("an attempt could not be run", e.getCause());
            }
        }
        return succeeded;
    }
}
