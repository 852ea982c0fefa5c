package io.jobtrail.client;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * One entry of a job's trail: a change of its state, as it can be verified.
 *
 * @param seq the first of a job is 1, and none is left out
 * @param previousState null for the first
 * @param actor who changed it
 * @param metadata null when there is nothing more to tell
 * @param hash of this entry and, through the one before, of all before it; 64 hexadecimal digits
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TrailEvent(
        int seq,
        @JsonProperty("previous_state") String previousState,
        @JsonProperty("new_state") String newState,
        int attempt,
        String actor,
        String reason,
        JsonNode metadata,
        Instant timestamp,
        String hash) {}
