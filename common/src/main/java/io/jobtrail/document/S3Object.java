package io.jobtrail.document;

import java.util.Map;
import java.util.Optional;

/**
 * One object in a bucket as it was when it was looked at, and how a job's payload names it. What is read later is this or
 * nothing.
 *
 * @param version null in a bucket without versioning
 * @param size in bytes
 */
public record S3Object(String bucket, String key, String etag, String version, long size, String contentType) {
    private static final String SOURCE_TYPE = "s3";

    /** For display; the last part of the key. */
    public String filename() {
        var last = key.substring(key.lastIndexOf('/') + 1);
        return last.isEmpty() ? key : last;
    }

    /** Tells this content from every other, also from what the same key held before. */
    public String identity() {
        return "s3:" + bucket + "/" + key + "@" + (version == null ? etag : version);
    }

    public Map<String, Object> toPayload() {
        var payload = DocumentPayload.of(filename(), size, contentType);
        payload.put("source_type", SOURCE_TYPE);
        payload.put("s3_bucket", bucket);
        payload.put("s3_key", key);
        payload.put("s3_etag", etag);
        payload.put("s3_version", version);
        return payload;
    }

    /** Empty when the payload names no object. */
    public static Optional<S3Object> ofPayload(Map<String, Object> payload) {
        if (!SOURCE_TYPE.equals(payload.get("source_type"))) {
            return Optional.empty();
        }
        return Optional.of(new S3Object(
                (String) payload.get("s3_bucket"),
                (String) payload.get("s3_key"),
                (String) payload.get("s3_etag"),
                (String) payload.get("s3_version"),
                ((Number) payload.get("size")).longValue(),
                (String) payload.get("content_type")));
    }
}
