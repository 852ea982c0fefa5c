package io.jobtrail.job;

import java.util.Map;
import java.util.UUID;

/**
 * One attempt at a job, as a handler sees it.
 *
 * @param attempt number of this attempt, starting at 1
 * @param payload everything the submitter sent, never null; {@link #input()} and {@link #options()} are the parts of it that
 *     belong to the handler
 */
public record Job(
        UUID id,
        String queue,
        String realm,
        String handler,
        int attempt,
        int maxAttempts,
        Map<String, Object> payload) {

    /** The JSON object sent as {@code input}; empty when a document was sent instead. */
    public Map<String, Object> input() {
        return object("input");
    }

    /** The JSON object sent as {@code options} beside a document; empty when there was none. */
    public Map<String, Object> options() {
        return object("options");
    }

    @SuppressWarnings("unchecked") // a JSON object has string keys
    private Map<String, Object> object(String name) {
        return payload.get(name) instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
    }
}
