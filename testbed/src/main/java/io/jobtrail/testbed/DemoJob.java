package io.jobtrail.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.client.Enqueued;
import io.jobtrail.client.History;
import io.jobtrail.client.Job;
import io.jobtrail.client.JobtrailClient;
import io.jobtrail.client.TrailEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/** One enqueued document as its trail tells it: which changes of state are new, how it ended, what came out. */
final class DemoJob {
    private static final int SUMMARY_LENGTH = 200;

    private final JobtrailClient client;
    private final String name;
    private final Enqueued enqueued;
    private Job job;
    private History history;
    private int lastSeen;

    DemoJob(JobtrailClient client, String name, Enqueued enqueued) {
        this.client = client;
        this.name = name;
        this.enqueued = enqueued;
    }

    /** Asks for the present state, and hands on the events of the trail that are new since the last time. */
    void refresh(Consumer<TrailEvent> onEvent) {
        String before = state();
        job = client.status(enqueued.jobId());
        if (state().equals(before)) {
            return;
        }
        history = client.history(enqueued.jobId());
        for (TrailEvent event : history.events()) {
            if (event.seq() > lastSeen) {
                lastSeen = event.seq();
                onEvent.accept(event);
            }
        }
    }

    String name() {
        return name;
    }

    String queue() {
        return enqueued.queue();
    }

    String state() {
        return job == null ? "" : job.status();
    }

    boolean isFinal() {
        return job != null && job.isFinal();
    }

    boolean isFinished() {
        return job != null && job.isFinished();
    }

    boolean isVerified() {
        return history != null && history.verified();
    }

    /** From the first event, which the enqueueing wrote, to the first that says running. */
    Duration untilStart() {
        Instant created = null;
        for (TrailEvent event : history.events()) {
            Instant at = event.timestamp();
            created = created == null ? at : created;
            if (event.newState().equals("running")) {
                return Duration.between(created, at);
            }
        }
        throw new IllegalStateException(name + " never ran");
    }

    /** Several lines: states with the milliseconds since the one before, result or error, and whether the trail holds. */
    String report() {
        StringBuilder lines = new StringBuilder(name + "  (queue " + queue() + ", job " + enqueued.jobId() + ")\n");
        Instant before = null;
        for (TrailEvent event : history.events()) {
            Instant at = event.timestamp();
            long millis = before == null ? 0 : Duration.between(before, at).toMillis();
            lines.append(String.format("  %-15s +%d ms%s%n", event.newState(), millis, reason(event)));
            before = at;
        }
        if (isFinished()) {
            JsonNode result = job.result();
            lines.append("  chunks   ").append(count(result.path("chunks"))).append('\n');
            lines.append("  summary  ")
                    .append(shortened(result.path("summary").asText()))
                    .append('\n');
        } else {
            lines.append("  error    ")
                    .append(job.errorCode())
                    .append(": ")
                    .append(shortened(String.valueOf(job.error())))
                    .append('\n');
        }
        return lines.append(isVerified() ? "  trail verified" : "  TRAIL NOT VERIFIED")
                .toString();
    }

    static String reason(TrailEvent event) {
        return event.reason() == null ? "" : "  (" + event.reason() + ")";
    }

    private static String count(JsonNode chunks) {
        return chunks.isArray() ? Integer.toString(chunks.size()) : chunks.asText("none");
    }

    private static String shortened(String text) {
        String line = text.replaceAll("\\s+", " ").strip();
        return line.length() <= SUMMARY_LENGTH ? line : line.substring(0, SUMMARY_LENGTH - 1) + "…";
    }
}
