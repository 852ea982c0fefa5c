package io.jobtrail.run;

import io.jobtrail.job.QueueName;
import io.jobtrail.store.DatabaseFailure;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Which queues are paused, so that their lists in Redis are left alone: what is popped while nothing can be claimed is lost there and
 * has to be pushed again. Asks Postgres only once a job could not be claimed, and from then on every second until no queue is
 * paused. Only spares work: that nothing of a paused queue runs is the claim's matter.
 */
final class PausedQueues {
    private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

    private final Supplier<Set<QueueName>> question;
    private volatile Set<QueueName> paused = Set.of();
    private long askedAt = System.nanoTime() - FRESH_NANOS;

    PausedQueues(Supplier<Set<QueueName>> question) {
        this.question = question;
    }

    /** A job that Redis named could not be claimed. */
    void suspect() {
        ask();
    }

    Set<QueueName> now() {
        if (!paused.isEmpty()) {
            ask();
        }
        return paused;
    }

    private synchronized void ask() {
        if (System.nanoTime() - askedAt < FRESH_NANOS) {
            return;
        }
        try {
            paused = question.get();
        } catch (DatabaseFailure e) {
            // what was known last is as good as anything: whoever claims will find out more
        }
        askedAt = System.nanoTime();
    }
}
