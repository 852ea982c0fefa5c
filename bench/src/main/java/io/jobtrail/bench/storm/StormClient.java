package io.jobtrail.bench.storm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.config.Json;
import io.jobtrail.job.JobState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/** The HTTP calls of the storm's clients, and what each answer means. One call each: repeats nothing, and remembers nothing. */
final class StormClient {
    /** Longer than the API waits for a connection to its database, so that what it says about that is heard. */
    private static final Duration PATIENCE = Duration.ofSeconds(7);

    private static final String BOUNDARY = "----boundary-of-the-storm";

    private static final String NOTHING_ACCEPTED = "No job was accepted";
    private static final Pattern ACCEPTED_PERHAPS =
            Pattern.compile("unknown whether the job was accepted, as (?<id>[0-9a-f-]{36})");

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();
    private final String base;

    /** @param base such as {@code http://127.0.0.1:8000} */
    StormClient(String base) {
        this.base = base;
    }

    /** What an answer to a submission says; {@link Unknown} also when there was none. */
    sealed interface Answer {}

    record Acked(UUID job, boolean alreadyExisted) implements Answer {}

    /** The server says that it has taken nothing. */
    record Refused(int status) implements Answer {
        /** No such submission will ever be taken. */
        boolean isForGood() {
            return status < 500;
        }
    }

    /** @param perhaps the id under which the job exists, if it does; null when nobody said */
    record Unknown(String why, UUID perhaps) implements Answer {}

    Answer submit(Plan plan) throws InterruptedException {
        var request = request("/pipeline/enqueue");
        if (plan.key() != null) {
            request.header("Idempotency-Key", plan.key());
        }
        if (plan.document() == null) {
            request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(json(plan)));
        } else {
            request.header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                    .POST(BodyPublishers.ofByteArray(form(plan)));
        }
        try {
            return answer(send(request));
        } catch (IOException e) {
            return new Unknown(String.valueOf(e.getMessage()), null);
        }
    }

    private static Answer answer(HttpResponse<String> response) throws JsonProcessingException {
        int status = response.statusCode();
        if (status / 100 == 2) {
            var body = Json.MAPPER.readTree(response.body());
            return new Acked(
                    UUID.fromString(body.path("job_id").textValue()),
                    body.path("already_existed").booleanValue());
        }
        if (status / 100 == 4 || status == 503 && response.body().contains(NOTHING_ACCEPTED)) {
            return new Refused(status);
        }
        var perhaps = ACCEPTED_PERHAPS.matcher(response.body());
        return new Unknown("status " + status, perhaps.find() ? UUID.fromString(perhaps.group("id")) : null);
    }

    /** @param status HTTP status: 200, or 404 when there is no such job; both other values are null then */
    record Status(int status, JobState state, Integer attempt) {}

    /** Empty: no answer, or one that says nothing about the job. */
    Optional<Status> status(UUID job) throws InterruptedException {
        try {
            var response = get("/pipeline/status/" + job);
            if (response.statusCode() == 404) {
                return Optional.of(new Status(404, null, null));
            }
            if (response.statusCode() != 200) {
                return Optional.empty();
            }
            var body = Json.MAPPER.readTree(response.body());
            return Optional.of(new Status(
                    200,
                    JobState.of(body.path("status").textValue()),
                    body.path("attempt").intValue()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    Health health() throws InterruptedException {
        try {
            var body = Json.MAPPER.readTree(get("/health").body());
            var reasons = StreamSupport.stream(body.path("reasons").spliterator(), false)
                    .map(JsonNode::asText)
                    .toList();
            return new Health(body.path("status").asText(), reasons);
        } catch (IOException e) {
            return Health.UNREACHABLE;
        }
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path).GET());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path));
    }

    /** Bounded as a whole: the time limit of a request ends when the headers are there, and a body can stay away for ever. */
    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        var answer = http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
        try {
            return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("no answer within " + PATIENCE.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    private static String json(Plan plan) {
        var body = new LinkedHashMap<String, Object>();
        body.put("handler", StormHandler.NAME);
        body.put("queue", plan.queue().wireName());
        body.put("input", plan.order().toMap());
        return Json.write(body);
    }

    private static byte[] form(Plan plan) {
        var form = new ByteArrayOutputStream();
        part(form, "name=\"handler\"", StormHandler.NAME.getBytes(StandardCharsets.US_ASCII));
        part(form, "name=\"queue\"", plan.queue().wireName().getBytes(StandardCharsets.US_ASCII));
        part(form, "name=\"options\"", Json.write(plan.order().toMap()).getBytes(StandardCharsets.UTF_8));
        part(
                form,
                "name=\"file\"; filename=\"storm-" + plan.n() + ".txt\"\r\nContent-Type: text/plain",
                plan.document());
        form.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.US_ASCII));
        return form.toByteArray();
    }

    private static void part(ByteArrayOutputStream form, String disposition, byte[] bytes) {
        form.writeBytes(("--" + BOUNDARY + "\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        form.writeBytes(bytes);
        form.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
    }
}
