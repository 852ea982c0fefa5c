package io.jobtrail.client;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.UUID;

/**
 * A change of a job's state, as it is told to those who follow. {@link TrailEvent} is what the trail says of it.
 *
 * @param seq the first of a job is 1, and none is left out
 * @param previousState null for the first
 * @param errorCode of a job that failed or is retried; null of others
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record JobChange(
        @JsonProperty("job_id") UUID jobId,
        String realm,
        String queue,
        String handler,
        int seq,
        @JsonProperty("previous_state") String previousState,
        @JsonProperty("new_state") String newState,
        int attempt,
        String actor,
        String reason,
        Instant timestamp,
        @JsonProperty("error_code") String errorCode) {}
