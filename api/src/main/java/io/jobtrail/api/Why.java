package io.jobtrail.api;

import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobState;
import io.jobtrail.store.WaitingJobs;
import io.jobtrail.store.WaitingJobs.Standing;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Why nothing happens to a job at the moment, for people. The first thing that keeps it from running is what is said.
 *
 * @param words null when something happens, or nothing more will
 * @param standing what it was told from; may be null
 */
record Why(Kind kind, String words, Standing standing) {
    enum Kind {
        NOTHING,
        DUE_LATER,
        PAUSED,
        NO_WORKER,
        NO_HANDLER,
        BEHIND,
        NEXT,
        PERSON,
        CANCELLING
    }

    /** @param standing null = only what the job itself tells */
    static Why of(JobDetails job, Standing standing, Instant now) {
        return switch (job.status()) {
            case QUEUED -> waiting(job, standing, now);
            case RETRYING -> {
                var waiting = waiting(job, standing, now);
                yield new Why(
                        waiting.kind,
                        "attempt %d of %d failed (%s); retry %d of %d %s"
                                .formatted(
                                        job.attempt(),
                                        job.maxAttempts(),
                                        job.errorCode(),
                                        job.attempt(),
                                        job.maxAttempts() - 1,
                                        waiting.words),
                        standing);
            }
            case AWAITING_INPUT ->
                new Why(
                        Kind.PERSON,
                        "waits for a person to answer /pipeline/hitl/" + job.id() + "/prompt"
                                + (standing == null || standing.askedAt() == null
                                        ? ""
                                        : ", since " + seconds(standing.askedAt())),
                        standing);
            case RUNNING ->
                job.cancelRequested()
                        ? new Why(Kind.CANCELLING, "cancellation was requested; its worker is asked to stop", standing)
                        : new Why(Kind.NOTHING, null, standing);
            case FINISHED, FAILED, CANCELLED -> new Why(Kind.NOTHING, null, standing);
        };
    }

    private static Why waiting(JobDetails job, Standing standing, Instant now) {
        if (job.runAfter().isAfter(now)) {
            return new Why(Kind.DUE_LATER, "is due at " + job.runAfter(), standing);
        }
        var due = job.status() == JobState.RETRYING ? "is due now and " : "";
        if (job.queuePaused()) {
            return new Why(Kind.PAUSED, due + "waits: queue " + job.queue() + " is paused", standing);
        }
        if (standing == null) {
            return new Why(Kind.NEXT, due + "waits for a free worker of queue " + job.queue(), null);
        }
        if (!standing.served()) {
            return new Why(Kind.NO_WORKER, due + "waits: no live worker serves queue " + job.queue(), standing);
        }
        if (!standing.able()) {
            return new Why(
                    Kind.NO_HANDLER,
                    due + "waits: no live worker of queue " + job.queue() + " has the handler " + job.handler(),
                    standing);
        }
        if (standing.ahead() == 0) {
            return new Why(Kind.NEXT, due + "waits for a free worker of queue " + job.queue(), standing);
        }
        var many = standing.ahead() >= WaitingJobs.COUNTED
                ? "at least " + WaitingJobs.COUNTED + " others"
                : standing.ahead() == 1 ? "1 other" : standing.ahead() + " others";
        return new Why(Kind.BEHIND, due + "waits behind " + many + " in queue " + job.queue(), standing);
    }

    private static Instant seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }
}
