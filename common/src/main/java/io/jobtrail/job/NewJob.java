package io.jobtrail.job;

import java.time.Instant;
import java.util.UUID;

/**
 * A job that somebody submits. Null means: the default of the database.
 *
 * @param payload JSON object
 * @param fingerprint digest of what was submitted; the same idempotency key with another one is refused
 * @param actor who submits, for the trail
 */
public record NewJob(
        UUID id,
        QueueName queue,
        String realm,
        String handler,
        Object payload,
        UUID documentId,
        UUID batchId,
        Integer maxAttempts,
        Instant runAfter,
        Integer timeoutSec,
        String idempotencyKey,
        String fingerprint,
        String traceparent,
        String actor) {

    /**
     * What became of a submission.
     *
     * @param id the job that stands for it, new or made earlier by the same key
     * @param sameContent false: the earlier job with this key was made from something else
     */
    public record Accepted(UUID id, String queue, JobState status, boolean alreadyExisted, boolean sameContent) {}
}
