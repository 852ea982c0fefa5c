package io.jobtrail.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.jobtrail.config.Json;
import io.jobtrail.document.S3Bucket;
import io.jobtrail.document.S3Object;
import io.jobtrail.job.JobDetails;
import io.jobtrail.store.JobReader;
import java.util.Map;

/** Documents that a caller names instead of sending them: objects in the bucket of the settings. Reads no bytes of them. */
final class S3Sources {
    private static final TypeReference<Map<String, Object>> PAYLOAD = new TypeReference<>() {};

    private final S3Bucket bucket;
    private final JobReader jobs;

    /** @param bucket null when the settings name none: every such submission is refused */
    S3Sources(S3Bucket bucket, JobReader jobs) {
        this.bucket = bucket;
        this.jobs = jobs;
    }

    /**
     * The object as the job knows it that the caller's idempotency key belongs to, else as S3 does. So a submission that is sent
     * again gets its answer also when the object has been moved since, or S3 is down.
     */
    S3Object find(Caller caller, String key, long maxBytes) {
        if (bucket == null) {
            throw ApiError.invalid("source_type", "cannot be s3: this server has no S3_BUCKET");
        }
        if (caller.key() != null) {
            var earlier = jobs.submitted(caller.realm(), caller.key().stored());
            if (earlier.isPresent()) {
                return objectOf(earlier.get(), caller.key(), key);
            }
        }
        return ask(key, maxBytes);
    }

    private S3Object objectOf(JobDetails job, GivenIdempotencyKey given, String key) {
        try {
            return S3Object.ofPayload(Json.MAPPER.readValue(job.payload(), PAYLOAD))
                    .filter(object -> object.bucket().equals(bucket.name())
                            && object.key().equals(key))
                    .orElseThrow(() -> ApiError.keyReused(given, job.id()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the payload of job " + job.id() + " is no JSON object", e);
        }
    }

    private S3Object ask(String key, long maxBytes) {
        try {
            var object = bucket.find(key)
                    .orElseThrow(() -> ApiError.invalid("s3_key", "names no object of the bucket: " + key));
            if (object.size() > maxBytes) {
                throw new ApiError(
                        ErrorCode.BODY_TOO_LARGE,
                        "s3_key",
                        "%s has %d bytes, more than the %d that are allowed".formatted(key, object.size(), maxBytes));
            }
            if (object.size() == 0) {
                throw new ApiError(ErrorCode.EMPTY_FILE, "s3_key", key + " is empty");
            }
            return object;
        } catch (S3Bucket.Refused e) {
            throw ApiError.invalid(
                    "s3_key",
                    ("names no object of the bucket, or one that this server may not read: %s; S3 answers 403, and tells the two "
                                    + "apart only with the right s3:ListBucket. To read, s3:GetObject is needed")
                            .formatted(key));
        } catch (S3Bucket.Unavailable e) {
            throw new ApiError(ErrorCode.SOURCE_UNAVAILABLE, "s3_key", "No job was accepted: " + e.getMessage());
        }
    }
}
