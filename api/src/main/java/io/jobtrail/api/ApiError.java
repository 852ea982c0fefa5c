package io.jobtrail.api;

import java.util.Collection;
import java.util.UUID;

/** A request that cannot be served, for a reason that the caller should know. */
final class ApiError extends RuntimeException {
    final transient ErrorCode code;
    final String field;

    /** @param field name of the form field, JSON member, header or parameter at fault; null when none is */
    ApiError(ErrorCode code, String field, String detail) {
        super(detail);
        this.code = code;
        this.field = field;
    }

    static ApiError notOneOf(ErrorCode code, String field, String value, Collection<String> allowed) {
        return new ApiError(
                code, field, "%s must be one of %s, not %s".formatted(field, String.join(", ", allowed), value));
    }

    static ApiError invalid(String field, String rule) {
        return new ApiError(ErrorCode.INVALID_FIELD, field, field + " " + rule);
    }

    static ApiError keyReused(String idempotencyKey, UUID job) {
        return new ApiError(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                "Idempotency-Key",
                "key %s was sent before with other content, as job %s".formatted(idempotencyKey, job));
    }
}
