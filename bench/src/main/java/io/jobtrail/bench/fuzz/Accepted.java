package io.jobtrail.bench.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The jobs that the system said it has, and how often it may have taken some without saying so. For many threads. */
final class Accepted {
    private final Set<UUID> jobs = ConcurrentHashMap.newKeySet();
    private final AtomicInteger unanswered = new AtomicInteger();

    void note(Exchange exchange) {
        for (var reply : exchange.replies()) {
            if (reply.status() == 202 && reply.isJson()) {
                try {
                    note(reply.json());
                } catch (IOException e) {
                    // the judge says so
                }
            }
        }
        if (exchange.replies().isEmpty() && exchange.sent().contains("POST")) {
            unanswered.incrementAndGet();
        }
    }

    private void note(JsonNode answer) {
        add(answer.path("job_id"));
        answer.path("job_ids").forEach(this::add);
        answer.path("items").forEach(item -> add(item.path("job_id")));
    }

    private void add(JsonNode id) {
        if (id.isTextual()) {
            jobs.add(UUID.fromString(id.textValue()));
        }
    }

    Set<UUID> jobs() {
        return jobs;
    }

    /** Requests that may have made jobs which nobody heard of. */
    int unanswered() {
        return unanswered.get();
    }
}
