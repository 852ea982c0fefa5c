package io.jobtrail.client;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * What has happened to a job.
 *
 * @param events oldest first
 * @param verified whether the server has recomputed the chain of hashes and found it sound
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record History(List<JobChange> events, boolean verified) {}
