package io.jobtrail.client;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;

/**
 * A job as it stood when the server was asked. Times are null while what they tell has not happened.
 *
 * @param status queued, running, retrying, awaiting_input, finished, failed or cancelled
 * @param stage of its attempt, or where the last one ended as far as was reported; null when it has finished, or none was reported
 * @param progress from 0 to 1, null when the handler tells none
 * @param attempt number of the newest one, 0 before the first
 * @param result what the handler returned; null until the job has finished
 * @param error of the newest attempt that failed, likewise errorCode
 * @param why in words, why nothing happens at the moment; null when something does, or nothing more will
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Job(
        UUID id,
        String status,
        String queue,
        String realm,
        String handler,
        String stage,
        Double progress,
        int attempt,
        @JsonProperty("max_attempts") int maxAttempts,
        JsonNode payload,
        JsonNode result,
        String error,
        @JsonProperty("error_code") String errorCode,
        @JsonProperty("created_at") Instant createdAt,
        @JsonProperty("started_at") Instant startedAt,
        @JsonProperty("finished_at") Instant finishedAt,
        @JsonProperty("run_after") Instant runAfter,
        @JsonProperty("last_heartbeat_at") Instant lastHeartbeatAt,
        String why) {
    private static final Set<String> FINAL = Set.of("finished", "failed", "cancelled");

    /** Whether nothing more will happen unless a person wants it. */
    public boolean isFinal() {
        return FINAL.contains(status);
    }

    public boolean isFinished() {
        return status.equals("finished");
    }

    /** Whether it waits for a person's answer. */
    public boolean isAwaitingInput() {
        return status.equals("awaiting_input");
    }
}
