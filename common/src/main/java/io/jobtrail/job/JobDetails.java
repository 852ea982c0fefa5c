package io.jobtrail.job;

import java.time.Instant;
import java.util.UUID;

/**
 * A job as people and programs see it from outside.
 *
 * @param payload JSON text of an object; in a list without its large members
 * @param result JSON text, null until the job is finished; in a list also null when it is large
 * @param version number of transitions so far
 * @param batchId of the jobs that were sent together with it; null when it was sent alone
 * @param queuePaused nobody begins with the jobs of its queue at the moment
 */
public record JobDetails(
        UUID id,
        JobState status,
        String queue,
        String realm,
        String handler,
        String stage,
        Double progress,
        int attempt,
        int maxAttempts,
        int version,
        String payload,
        String result,
        String error,
        String errorCode,
        Instant createdAt,
        Instant startedAt,
        Instant finishedAt,
        Instant runAfter,
        Instant lastHeartbeatAt,
        boolean cancelRequested,
        UUID documentId,
        UUID batchId,
        boolean queuePaused) {}
