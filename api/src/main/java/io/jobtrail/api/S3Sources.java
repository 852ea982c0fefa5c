package io.jobtrail.api;

import io.jobtrail.document.S3Bucket;
import io.jobtrail.document.S3Object;
import io.jobtrail.document.Sha256;

/** Documents that a caller names instead of sending them: objects in the bucket of the settings. Reads no bytes of them. */
final class S3Sources {
    private static final int MAX_KEY = 255;

    private final S3Bucket bucket;

    /** @param bucket null when the settings name none: every such submission is refused */
    S3Sources(S3Bucket bucket) {
        this.bucket = bucket;
    }

    S3Object find(String key, long maxBytes) {
        if (bucket == null) {
            throw ApiError.invalid("source_type", "cannot be s3: this server has no S3_BUCKET");
        }
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
        } catch (S3Bucket.Unavailable e) {
            throw new ApiError(ErrorCode.SOURCE_UNAVAILABLE, "s3_key", "No job was accepted: " + e.getMessage());
        }
    }

    /** The same object, unchanged, is the same submission; under a new content the key stands for a new one. */
    String keyOf(S3Object object) {
        var identity = object.identity();
        return identity.length() <= MAX_KEY ? identity : "s3:" + Sha256.of(identity);
    }
}
