package io.jobtrail.job;

import java.time.Duration;
import java.util.UUID;

/**
 * The right of one worker to run one attempt of a job.
 *
 * @param worker the name of the holder
 * @param version the fence: every write of the holder names it, and writes nothing once the job has moved on
 * @param documentId null when the job has no document
 * @param timeout how long the attempt may take
 */
public record Claim(Job job, String worker, int version, UUID documentId, Duration timeout, String traceparent) {
    public UUID id() {
        return job.id();
    }
}
