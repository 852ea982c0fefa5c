package io.jobtrail.job;

import java.time.Instant;

/**
 * One line of a job's trail.
 *
 * @param previousState null for the first event
 * @param metadata JSON text or null
 * @param hash hexadecimal; over the hash before it and this event's fields, see docs/trail.md
 */
public record JobEvent(
        int seq,
        String previousState,
        String newState,
        int attempt,
        String actor,
        String reason,
        String metadata,
        Instant timestamp,
        String hash) {}
