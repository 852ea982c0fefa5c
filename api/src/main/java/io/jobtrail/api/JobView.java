package io.jobtrail.api;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.config.Json;
import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobEvent;
import io.jobtrail.job.JobState;
import java.time.Instant;
import java.util.UUID;

/** A job in the shape of the wire; the only place that knows it. */
record JobView(
        UUID id,
        String status,
        String queue,
        String realm,
        String handler,
        String stage,
        Double progress,
        int attempt,
        int maxAttempts,
        JsonNode payload,
        JsonNode result,
        String error,
        String errorCode,
        Instant createdAt,
        Instant startedAt,
        Instant finishedAt,
        Instant runAfter,
        Instant lastHeartbeatAt,
        UUID batchId,
        String why) {
    private static final TypeReference<JsonNode> NODE = new TypeReference<>() {};

    /** @param why in words, why nothing happens at the moment; null when something does, or nothing more will */
    static JobView of(JobDetails job, String why) {
        return new JobView(
                job.id(),
                job.status().wireName(),
                job.queue(),
                job.realm(),
                job.handler(),
                stage(job.status(), job.stage()),
                job.progress(),
                job.attempt(),
                job.maxAttempts(),
                json(job.payload()),
                json(job.result()),
                job.error(),
                job.errorCode(),
                job.createdAt(),
                job.startedAt(),
                job.finishedAt(),
                job.runAfter(),
                job.lastHeartbeatAt(),
                job.batchId(),
                why);
    }

    /** Where its attempt is, or where the last one ended. One that has finished is in none, whichever was reported last. */
    static String stage(JobState status, String reported) {
        return status == JobState.FINISHED ? null : reported;
    }

    /** One line of the history. */
    record Event(
            int seq,
            String previousState,
            String newState,
            int attempt,
            String actor,
            String reason,
            JsonNode metadata,
            Instant timestamp,
            String hash) {
        static Event of(JobEvent e) {
            return new Event(
                    e.seq(),
                    e.previousState(),
                    e.newState(),
                    e.attempt(),
                    e.actor(),
                    e.reason(),
                    json(e.metadata()),
                    e.timestamp(),
                    e.hash());
        }
    }

    static JsonNode json(String text) {
        return Json.readStored(text, NODE);
    }
}
