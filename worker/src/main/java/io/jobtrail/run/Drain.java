package io.jobtrail.run;

import io.jobtrail.job.Claim;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A bounded run: takes due jobs from Postgres, runs them, and stops. Serves {@code --once} and {@code --limit}, and the tests. */
public final class Drain {
    private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

    /** While some run and more could: what became due meanwhile is not left for later. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final JobStore store;
    private final JobRunner runner;
    private final Heartbeats heartbeats;
    private final Ending ending;
    private final Handlers handlers;
    private final List<QueueName> queues;
    private final String worker;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Map<Claim, CompletableFuture<Optional<JobState>>> attempts = new ConcurrentHashMap<>();
    private final BlockingQueue<Claim> over = new LinkedBlockingQueue<>();

    public Drain(
            JobStore store,
            JobRunner runner,
            Heartbeats heartbeats,
            Handlers handlers,
            List<QueueName> queues,
            String worker) {
        this.store = store;
        this.runner = runner;
        this.heartbeats = heartbeats;
        ending = new Ending(store, heartbeats);
        this.handlers = handlers;
        this.queues = queues;
        this.worker = worker;
    }

    /** What a bounded run has done. An attempt that is retried later counts as failed here; one that was given back or asks a person does not count. */
    public record Count(int processed, int succeeded, int failed) {}

    /**
     * Runs once. As soon as one attempt ends, another job is taken in its place.
     *
     * @param limit most attempts to run
     * @param pollInterval null = stop when nothing is due; else how long to wait for more
     * @throws IllegalStateException when this process can do no more work; likewise DatabaseFailure, but for one that passes
     *     while the run may wait. No attempt runs any more then
     */
    public Count run(int limit, int concurrency, Duration pollInterval) throws InterruptedException {
        heartbeats.onWrittenOff(deaf -> Optional.ofNullable(attempts.get(deaf.claim()))
                .ifPresent(attempt -> attempt.complete(Optional.empty())));
        var pause = pollInterval == null ? LOOK_AGAIN : pollInterval;
        var threads = Executors.newCachedThreadPool(); // one that is written off takes nobody's place
        try {
            int processed = 0;
            int succeeded = 0;
            RuntimeException broken = null;
            while (true) {
                broken = broken == null ? fault(concurrency) : broken;
                var open = !isStopping() && broken == null;
                if (open) {
                    broken = take(Math.min(concurrency, limit - processed) - attempts.size(), threads);
                    if (broken instanceof DatabaseFailure failure && failure.isTransient() && pollInterval != null) {
                        LOG.warn(
                                "Postgres hands out no jobs for the moment ({}); asked again in {} ms",
                                failure.getMessage(),
                                pause.toMillis());
                        broken = null;
                    }
                }
                if (!attempts.isEmpty()) {
                    var ending = over.poll(pause.toMillis(), TimeUnit.MILLISECONDS);
                    if (ending != null) {
                        var state = stateAfter(attempts.remove(ending));
                        processed += state == JobState.QUEUED || state == JobState.AWAITING_INPUT ? 0 : 1;
                        succeeded += state == JobState.FINISHED ? 1 : 0;
                    }
                } else if (broken != null) {
                    throw broken;
                } else if (!open || processed >= limit || pollInterval == null) {
                    return new Count(processed, succeeded, processed - succeeded);
                } else {
                    stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS);
                }
            }
        } finally {
            threads.shutdownNow();
            ended.countDown();
        }
    }

    private RuntimeException fault(int concurrency) {
        return heartbeats
                .fault(concurrency)
                .map(reason -> new IllegalStateException("the run was broken off: " + reason))
                .orElse(null);
    }

    /** Answers what went wrong, or null: those that run already shall end first. */
    private RuntimeException take(int most, Executor threads) {
        try {
            var claims = most > 0 ? store.claim(queues, most, worker, handlers.names()) : List.<Claim>of();
            claims.forEach(claim -> {
                var attempt = CompletableFuture.supplyAsync(() -> runner.run(claim), threads);
                attempts.put(claim, attempt);
                attempt.whenComplete((state, failure) -> over.add(claim));
            });
            return null;
        } catch (DatabaseFailure e) {
            return e;
        }
    }

    /** Queued: it was given back. Null: the claim was lost. */
    private static JobState stateAfter(CompletableFuture<Optional<JobState>> attempt) {
        try {
            return attempt.join().orElse(null);
        } catch (CancellationException e) {
            return JobState.QUEUED;
        } catch (CompletionException e) {
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
        attempts.values()
                .forEach(attempt -> attempt.cancel(true)); // whoever still runs hears nothing, and has lost its job
    }

    boolean isStopping() {
        return stopping.getCount() == 0;
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
