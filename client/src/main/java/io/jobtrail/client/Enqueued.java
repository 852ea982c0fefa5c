package io.jobtrail.client;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.UUID;

/**
 * A job that the server has taken: from now on it is in its database.
 *
 * @param alreadyExisted it was there before, under the same idempotency key
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Enqueued(
        @JsonProperty("job_id") UUID jobId,
        String queue,
        String realm,
        String status,
        @JsonProperty("already_existed") boolean alreadyExisted) {}
