package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.JobAction;
import io.jobtrail.job.JobState;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** A request that cannot be served, for a reason that the caller should know. */
final class ApiError extends RuntimeException {
    final transient ErrorCode code;
    final String field;

    /** Of the job that it is about; null when the state does not matter. */
    final JobState jobStatus;

    /** Where in the field it is: pointer, line, column, as far as they are known. */
    final transient Map<String, Object> place;

    /** What was said to each part of the request; null when it has none. */
    final transient List<Map<String, Object>> items;

    /** @param field name of the form field, JSON member, header or parameter at fault; null when none is */
    ApiError(ErrorCode code, String field, String detail) {
        this(code, field, detail, null, null, Map.of());
    }

    private ApiError(
            ErrorCode code,
            String field,
            String detail,
            JobState jobStatus,
            List<Map<String, Object>> items,
            Map<String, Object> place) {
        super(detail);
        this.code = code;
        this.field = field;
        this.jobStatus = jobStatus;
        this.items = items;
        this.place = place;
    }

    /** The same with the place of the fault: pointer, line, column, as far as they are known. */
    ApiError at(Map<String, Object> found) {
        return new ApiError(code, field, getMessage(), jobStatus, items, found);
    }

    /** @param items their problems, in their order */
    static ApiError allRefused(List<Map<String, Object>> items) {
        return new ApiError(
                ErrorCode.ALL_REFUSED,
                null,
                "none of %d items was accepted".formatted(items.size()),
                null,
                items,
                Map.of());
    }

    /** The same, told of one of the items of the request. */
    ApiError within(int item) {
        var part = "items[" + item + "]";
        var found = new LinkedHashMap<>(place);
        found.computeIfPresent("pointer", (name, pointer) -> "/" + item + pointer);
        return new ApiError(code, field == null ? part : part + "." + field, getMessage(), jobStatus, items, found);
    }

    static ApiError noSuchJob(UUID id) {
        return new ApiError(ErrorCode.NOT_FOUND, null, "there is no job " + id);
    }

    /** @param from the states that were asked for, of those that the action takes */
    static ApiError wrongState(JobAction action, Set<JobState> from, JobState status) {
        var allowed = from.stream().map(JobState::wireName).collect(Collectors.joining(", "));
        return new ApiError(
                ErrorCode.WRONG_STATE,
                null,
                "%s takes jobs that are %s; this one is %s".formatted(action.wireName(), allowed, status.wireName()),
                status,
                null,
                Map.of());
    }

    static ApiError notOneOf(ErrorCode code, String field, String value, Collection<String> allowed) {
        return new ApiError(
                code, field, "%s must be one of %s, not %.100s".formatted(field, String.join(", ", allowed), value));
    }

    static ApiError invalid(String field, String rule) {
        return new ApiError(ErrorCode.INVALID_FIELD, field, field + " " + rule);
    }

    static ApiError unauthorized(Context ctx, String field, String detail) {
        ctx.header("WWW-Authenticate", "Bearer");
        return new ApiError(ErrorCode.UNAUTHORIZED, field, detail);
    }

    static ApiError tooMany(Context ctx, long seconds, String detail) {
        ctx.header("Retry-After", Long.toString(seconds));
        return new ApiError(ErrorCode.RATE_LIMITED, null, detail);
    }

    static ApiError foreignRealm(String field, String realm) {
        return new ApiError(
                ErrorCode.FOREIGN_REALM,
                field,
                "%s must be %s, or not be given, with this key".formatted(field, realm));
    }

    static ApiError keyReused(GivenIdempotencyKey key, UUID job) {
        return new ApiError(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                key.field(),
                "%s %s was sent before with other content, as job %s".formatted(key.field(), key.given(), job));
    }
}
