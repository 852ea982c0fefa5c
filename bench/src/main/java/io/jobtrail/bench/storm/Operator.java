package io.jobtrail.bench.storm;

import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.store.Database;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobActions;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Cancels and retries jobs at the moments that their plans name, in the database and past all faults of the network. Asks
 * once: whether a request without an answer was heard stays open.
 */
final class Operator implements AutoCloseable {
    private static final String ACTOR = "operator:storm";
    private static final int THREADS = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final ScheduledThreadPoolExecutor threads = new ScheduledThreadPoolExecutor(THREADS);
    private final Database database;
    private final JobActions actions;
    private final ClientLedger ledger;
    private final FirstFailure failure;

    Operator(DatabaseUrl url, ClientLedger ledger, FirstFailure failure) {
        database = new Database(url, "storm", 0, THREADS, PATIENCE);
        actions = new JobActions(database);
        this.ledger = ledger;
        this.failure = failure;
        threads.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** To be called when the job is acked. */
    void watch(Plan plan, UUID job) {
        int cancelAfter = plan.cancelAfterMillis() == null ? 0 : plan.cancelAfterMillis();
        if (plan.cancelAfterMillis() != null) {
            after(cancelAfter, () -> cancel(job));
        }
        if (plan.retryAfterMillis() != null) {
            after(cancelAfter + plan.retryAfterMillis(), () -> retry(job));
        }
    }

    private void after(int millis, FirstFailure.Task task) {
        if (!threads.isShutdown()) {
            threads.schedule(failure.guard(task), millis, TimeUnit.MILLISECONDS);
        }
    }

    private void cancel(UUID job) {
        ledger.cancelAsked(job);
        try {
            if (actions.cancel(job, ACTOR, "STORM_CANCEL")) {
                ledger.cancelled(job);
            }
        } catch (DatabaseFailure e) {
            requireOutage(e);
        }
    }

    private void retry(UUID job) {
        ledger.retryAsked(job);
        try {
            if (actions.retry(job, ACTOR, "STORM_RETRY")) {
                ledger.retried(job);
            }
        } catch (DatabaseFailure e) {
            requireOutage(e);
        }
    }

    /** A statement that the database refuses is a mistake of the storm, not a part of it. */
    private static void requireOutage(DatabaseFailure e) {
        if (!e.isTransient()) {
            throw e;
        }
    }

    /** What is still to come is left undone; what is under way is waited for. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            threads.awaitTermination(3 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        database.close();
    }
}
