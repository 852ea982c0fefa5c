package io.jobtrail.client;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.UUID;

/**
 * What has happened to a job.
 *
 * @param events oldest first
 * @param verified whether the server has recomputed the chain of hashes and found it sound
 * @param problems in words, what does not fit; none when it is verified
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record History(
        @JsonProperty("job_id") UUID jobId, List<TrailEvent> events, boolean verified, List<String> problems) {}
