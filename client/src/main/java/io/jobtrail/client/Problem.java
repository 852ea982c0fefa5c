package io.jobtrail.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;

/**
 * Why the server refused, from its RFC 9457 answer. Parts that it did not name are null.
 *
 * @param status of HTTP
 * @param code stable name of the cause, such as UNKNOWN_QUEUE
 * @param field of the request that is wrong
 * @param jobStatus of the job, where that is the cause
 * @param requestId under which the server's log tells more
 * @param retryAfter when to try again
 */
public record Problem(
        int status, String code, String detail, String field, String jobStatus, String requestId, Duration retryAfter) {
    static Problem of(int status, JsonNode body, Duration retryAfter) {
        return new Problem(
                status,
                text(body, "code"),
                text(body, "detail"),
                text(body.path("errors").path(0), "field"),
                text(body, "job_status"),
                text(body, "request_id"),
                retryAfter);
    }

    private static String text(JsonNode body, String name) {
        return body.path(name).asText(null);
    }

    @Override
    public String toString() {
        return "%d%s%s: %s%s"
                .formatted(
                        status,
                        code == null ? "" : " " + code,
                        field == null ? "" : " (" + field + ")",
                        detail == null ? "no reason given" : detail,
                        requestId == null ? "" : " [request " + requestId + "]");
    }
}
