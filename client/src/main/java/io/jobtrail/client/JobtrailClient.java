package io.jobtrail.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLConnection;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * Jobtrail from Java: send a job, wait for it, hear of every change. Safe for use by many threads; holds no state of jobs. What can be
 * asked twice without harm is asked again while the server is away, enqueueing too, since each submission has an idempotency key.
 *
 * <p>All methods throw {@link JobtrailException} or one of its subclasses; interrupts end them.
 */
public final class JobtrailClient {
    private static final Duration TO_PROBE = Duration.ofSeconds(5);
    private static final Duration TO_ANSWER = Duration.ofSeconds(60);
    private static final Duration LONGEST_POLL = Duration.ofSeconds(60); // what the server takes as wait=
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Transport transport;
    private final String key;
    private final String realm;
    private final Duration patience;

    private JobtrailClient(Transport transport, String key, String realm, Duration patience) {
        this.transport = transport;
        this.key = key;
        this.realm = realm;
        this.patience = patience;
    }

    /** @param url of the server, such as {@code http://localhost:8000} */
    public static JobtrailClient at(String url) {
        return new JobtrailClient(new Transport(URI.create(url)), null, null, PATIENCE);
    }

    /** @param key admin or realm key */
    public JobtrailClient key(String key) {
        return new JobtrailClient(transport, Objects.requireNonNull(key, "key"), realm, patience);
    }

    /** Without it the realm of the key, or {@code default}. */
    public JobtrailClient realm(String realm) {
        return new JobtrailClient(transport, key, Objects.requireNonNull(realm, "realm"), patience);
    }

    /** How long to ask again while no answer comes or the server cannot do it; 30 s unless said otherwise, zero = ask once. */
    public JobtrailClient patience(Duration patience) {
        return new JobtrailClient(transport, key, realm, patience);
    }

    /** @throws UncheckedIOException when the file cannot be read */
    public Enqueued enqueue(Path file, Submission submission) {
        try {
            var type = Files.probeContentType(file);
            return enqueue(file.getFileName().toString(), type, BodyPublishers.ofFile(file), submission);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read", e);
        }
    }

    public Enqueued enqueue(String filename, byte[] content, Submission submission) {
        var type = URLConnection.guessContentTypeFromName(filename);
        return enqueue(filename, type, BodyPublishers.ofByteArray(content), submission);
    }

    private Enqueued enqueue(String filename, String type, BodyPublisher content, Submission submission) {
        var form = new Multipart();
        submission
                .fields()
                .forEach(
                        (name, value) -> form.field(name, value instanceof Map ? Transport.write(value) : text(value)));
        form.file("file", filename, type == null ? "application/octet-stream" : type, content);
        return enqueue(form.contentType(), form.body(), submission);
    }

    private static String text(Object value) {
        return value instanceof String || value instanceof Number || value instanceof Boolean
                ? value.toString()
                : Transport.write(value);
    }

    /**
     * A job without a document.
     *
     * @param input any value that Jackson can write as a JSON object
     * @param submission must name the handler
     */
    public Enqueued enqueue(Object input, Submission submission) {
        return enqueueJson(Map.of("input", input), submission);
    }

    /** A document that lies in the server's bucket. */
    public Enqueued enqueueS3(String key, Submission submission) {
        return enqueueJson(Map.of("source_type", "s3", "s3_key", key), submission);
    }

    private Enqueued enqueueJson(Map<String, Object> what, Submission submission) {
        var body = new LinkedHashMap<>(submission.fields());
        body.putAll(what);
        return enqueue("application/json", BodyPublishers.ofString(Transport.write(body)), submission);
    }

    private Enqueued enqueue(String contentType, BodyPublisher body, Submission submission) {
        var request = request("/pipeline/enqueue", TO_ANSWER)
                .header("Content-Type", contentType)
                .header("Idempotency-Key", submission.idempotencyKey());
        if (submission.traceparent() != null) {
            request.header("traceparent", submission.traceparent());
        }
        return again(request.POST(body), Enqueued.class);
    }

    /** Whether the server would take a job now. Asks once. */
    public boolean isReady() {
        try {
            once(request("/health/ready", TO_PROBE));
            return true;
        } catch (JobtrailException.Refused | JobtrailException.NoAnswer e) {
            return false;
        }
    }

    public Job status(UUID id) {
        return again(request("/pipeline/status/" + id, TO_ANSWER), Job.class);
    }

    /**
     * Returns the job when it has ended, however it did, or when it waits for a person.
     *
     * @throws JobtrailException.NotYet when neither has happened within the limit
     */
    public Job await(UUID id, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            var left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            long seconds = Math.min(Math.max(1, left.toSeconds()), LONGEST_POLL.toSeconds());
            var path = "/pipeline/status/" + id + (left.isZero() ? "" : "?wait=" + seconds);
            var job = again(request(path, TO_ANSWER.plusSeconds(seconds)), Job.class);
            if (job.isFinal() || job.isAwaitingInput()) {
                return job;
            }
            if (left.isZero()) {
                throw new JobtrailException.NotYet(job, limit);
            }
        }
    }

    /**
     * The result of a job that has finished.
     *
     * @param type any class that Jackson can read, {@link JsonNode} for instance
     */
    public static <T> T result(Job job, Class<T> type) {
        return Transport.convert(job.result(), type);
    }

    public History history(UUID id) {
        return again(request("/pipeline/jobs/" + id + "/history", TO_ANSWER), History.class);
    }

    /** A job that runs is asked to stop; the others end at once. */
    public void cancel(UUID id, String reason) {
        act(id, "cancel", reason);
    }

    /** A job that failed or was cancelled is run once more. */
    public void retry(UUID id, String reason) {
        act(id, "retry", reason);
    }

    /** Not asked again by itself: the first may have been heard, and then the second is a conflict. */
    private void act(UUID id, String action, String reason) {
        once(request("/pipeline/jobs/" + id, TO_ANSWER)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(Transport.write(Map.of("action", action, "reason", reason)))));
    }

    /** Cancels and hides it; its trail stays. */
    public void delete(UUID id) {
        once(request("/pipeline/jobs/" + id, TO_ANSWER).DELETE());
    }

    /** What a job has asked for. */
    public JsonNode prompt(UUID id) {
        return again(request("/pipeline/hitl/" + id + "/prompt", TO_ANSWER), JsonNode.class);
    }

    /** @param answer as the prompt asks for; any value that Jackson can write */
    public void respond(UUID id, Object answer) {
        once(request("/pipeline/hitl/" + id + "/response", TO_ANSWER)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(Transport.write(Map.of("answer", answer)))));
    }

    /**
     * Hears of every change of every job of the realm, each once and in order, until the listener has had enough. Connects again when the
     * connection breaks, and goes on where it broke.
     *
     * @param lastEventId where an earlier call stopped; null = from now on
     * @return id of the last event that the listener was told of; null when there was none
     */
    public String follow(String lastEventId, ChangeListener listener) {
        var reader = new EventReader(lastEventId, listener);
        while (true) {
            try (var lines = Transport.patiently(patience, () -> transport.lines(events(reader.lastId())))) {
                reader.read(lines.iterator());
            } catch (UncheckedIOException e) {
                // broken off, or ended by the server: the next connection goes on there
            }
            if (reader.hasEnough()) {
                return reader.lastId();
            }
            Transport.pause();
        }
    }

    private HttpRequest events(String lastEventId) {
        var request = request("/pipeline/events", TO_ANSWER).header("Accept", "text/event-stream");
        return (lastEventId == null ? request : request.header("Last-Event-ID", lastEventId)).build();
    }

    private HttpRequest.Builder request(String path, Duration limit) {
        var request = transport.request(path, limit);
        if (key != null) {
            request.header("Authorization", "Bearer " + key);
        }
        if (realm != null) {
            request.header("X-Realm", realm);
        }
        return request;
    }

    private <T> T again(HttpRequest.Builder request, Class<T> type) {
        var built = request.build();
        return Transport.patiently(patience, () -> transport.send(built, type));
    }

    private void once(HttpRequest.Builder request) {
        transport.send(request.build(), Void.class);
    }
}
