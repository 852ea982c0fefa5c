package io.jobtrail.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.function.Consumer;

/** One enqueued document as its trail tells it: which changes of state are new, how it ended, what came out. */
final class DemoJob {
    private static final Set<String> FINAL = Set.of("finished", "failed", "cancelled");
    private static final int SUMMARY_LENGTH = 200;

    private final PipelineClient client;
    private final String name;
    private final String id;
    private final String queue;
    private JsonNode status;
    private JsonNode history;
    private long lastSeen;

    DemoJob(PipelineClient client, String name, JsonNode enqueued) {
        this.client = client;
        this.name = name;
        this.id = enqueued.path("job_id").asText();
        this.queue = enqueued.path("queue").asText();
    }

    /** Asks for the present state, and hands on the events of the trail that are new since the last time. */
    void refresh(Consumer<JsonNode> onEvent) throws IOException {
        String before = state();
        status = client.status(id);
        if (state().equals(before)) {
            return;
        }
        history = client.history(id);
        for (JsonNode event : history.path("events")) {
            if (event.path("seq").asLong() > lastSeen) {
                lastSeen = event.path("seq").asLong();
                onEvent.accept(event);
            }
        }
    }

    String name() {
        return name;
    }

    String queue() {
        return queue;
    }

    String state() {
        return status == null ? "" : status.path("status").asText();
    }

    boolean isFinal() {
        return FINAL.contains(state());
    }

    boolean isFinished() {
        return state().equals("finished");
    }

    boolean isVerified() {
        return history != null && history.path("verified").asBoolean();
    }

    /** From the first event, which the enqueueing wrote, to the first that says running. */
    Duration untilStart() {
        Instant created = null;
        for (JsonNode event : history.path("events")) {
            Instant at = Instant.parse(event.path("timestamp").asText());
            created = created == null ? at : created;
            if (event.path("new_state").asText().equals("running")) {
                return Duration.between(created, at);
            }
        }
        throw new IllegalStateException(name + " never ran");
    }

    /** Several lines: states with the milliseconds since the one before, result or error, and whether the trail holds. */
    String report() {
        StringBuilder lines = new StringBuilder(name + "  (queue " + queue + ", job " + id + ")\n");
        Instant before = null;
        for (JsonNode event : history.path("events")) {
            Instant at = Instant.parse(event.path("timestamp").asText());
            long millis = before == null ? 0 : Duration.between(before, at).toMillis();
            lines.append(
                    String.format("  %-15s +%d ms%s%n", event.path("new_state").asText(), millis, reason(event)));
            before = at;
        }
        if (isFinished()) {
            JsonNode result = status.path("result");
            lines.append("  chunks   ").append(count(result.path("chunks"))).append('\n');
            lines.append("  summary  ")
                    .append(shortened(result.path("summary").asText()))
                    .append('\n');
        } else {
            lines.append("  error    ")
                    .append(status.path("error_code").asText())
                    .append(": ")
                    .append(shortened(status.path("error").asText()))
                    .append('\n');
        }
        return lines.append(isVerified() ? "  trail verified" : "  TRAIL NOT VERIFIED")
                .toString();
    }

    static String reason(JsonNode event) {
        String reason = event.path("reason").asText("");
        return reason.isEmpty() || reason.equals("null") ? "" : "  (" + reason + ")";
    }

    private static String count(JsonNode chunks) {
        return chunks.isArray() ? Integer.toString(chunks.size()) : chunks.asText("none");
    }

    private static String shortened(String text) {
        String line = text.replaceAll("\\s+", " ").strip();
        return line.length() <= SUMMARY_LENGTH ? line : line.substring(0, SUMMARY_LENGTH - 1) + "…";
    }
}
