package io.jobtrail.client;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.UUID;

/**
 * One entry of a job's trail: a change of its state.
 *
 * @param jobId null in a history, which is of one job
 * @param seq the first of a job is 1, and none is left out
 * @param previousState null for the first
 * @param metadata null in a stream of changes, likewise hash
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record JobChange(
        @JsonProperty("job_id") UUID jobId,
        int seq,
        @JsonProperty("previous_state") String previousState,
        @JsonProperty("new_state") String newState,
        int attempt,
        String actor,
        String reason,
        JsonNode metadata,
        Instant timestamp,
        String hash) {}
