package io.jobtrail.client;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * What a job is to be, beside its document or input; what is not said here, the server decides. Immutable. Each has an idempotency
 * key of its own, so that it can be sent again when an answer was lost; the same object sent twice is one job.
 */
public final class Submission {
    private final Map<String, Object> fields;
    private final String idempotencyKey;
    private final String traceparent;

    private Submission(Map<String, Object> fields, String idempotencyKey, String traceparent) {
        this.fields = fields;
        this.idempotencyKey = Objects.requireNonNull(idempotencyKey, "idempotencyKey");
        this.traceparent = traceparent;
    }

    /** With everything left to the server. */
    public static Submission usual() {
        return new Submission(Map.of(), UUID.randomUUID().toString(), null);
    }

    /** @param queue urgent, default or slow */
    public Submission queue(String queue) {
        return with("queue", queue);
    }

    public Submission handler(String handler) {
        return with("handler", handler);
    }

    /** @param attempts at least 1 */
    public Submission maxAttempts(int attempts) {
        return with("max_attempts", attempts);
    }

    /** Not before then. */
    public Submission runAfter(Instant time) {
        return with("run_after", time.toString());
    }

    /** Longest time of one attempt, in whole seconds. */
    public Submission timeout(Duration limit) {
        return with("timeout_sec", limit.toSeconds());
    }

    /** Whether a person is to approve the result of {@code process_document}. */
    public Submission review(boolean review) {
        return with("review", review);
    }

    /** For the handler; any value Jackson can write as a JSON object. */
    public Submission options(Object options) {
        return with("options", options);
    }

    /** The same key with the same content is one job, whoever sends it and however often. 1 to 255 visible ASCII characters. */
    public Submission idempotencyKey(String key) {
        return new Submission(fields, key, traceparent);
    }

    /** W3C Trace Context: the span that the job belongs to. */
    public Submission traceparent(String value) {
        return new Submission(fields, idempotencyKey, value);
    }

    private Submission with(String name, Object value) {
        var all = new LinkedHashMap<>(fields);
        all.put(name, Objects.requireNonNull(value, name));
        return new Submission(all, idempotencyKey, traceparent);
    }

    Map<String, Object> fields() {
        return fields;
    }

    String idempotencyKey() {
        return idempotencyKey;
    }

    /** Null when there is none. */
    String traceparent() {
        return traceparent;
    }
}
