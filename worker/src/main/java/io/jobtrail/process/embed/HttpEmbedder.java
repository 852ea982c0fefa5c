package io.jobtrail.process.embed;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.RetryableFailure;
import io.jobtrail.trace.Traceparent;
import io.opentelemetry.api.trace.Span;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Asks an OpenAI-compatible service for embeddings. Waits and asks again while the service is busy or out of order; trusts
 * nothing that it answers. Passes on the trace of the attempt. The key never gets into a message.
 */
public final class HttpEmbedder implements Embedder {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
    private static final Duration USUAL_BACKOFF = Duration.ofMillis(-1); // as Failsafe has it
    private static final int LONGEST_QUOTE = 300;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int REQUEST_TIMEOUT = 408;
    private static final double JITTER = 0.2;

    private final URI endpoint;
    private final String key;
    private final String model;
    private final RetryPolicy<HttpResponse<String>> retries;
    private final ObjectMapper json = new ObjectMapper();
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(CONNECT_TIMEOUT).build();

    /**
     * @param url base address; {@code /embeddings} is added
     * @param key null for none
     * @param attempts how often one batch is sent at most
     * @param firstWait before the second attempt, when the service names no time; doubles from then on, up to a minute
     */
    public HttpEmbedder(URI url, String key, String model, int attempts, Duration firstWait) {
        this.endpoint = URI.create(url.toString().replaceAll("/+$", "") + "/embeddings");
        this.key = key;
        this.model = model;
        this.retries = RetryPolicy.<HttpResponse<String>>builder()
                .handle(IOException.class)
                .handleResultIf(HttpEmbedder::isWorthAnotherTry)
                .withMaxAttempts(attempts)
                .withBackoff(firstWait.toMillis(), LONGEST_WAIT.toMillis(), ChronoUnit.MILLIS)
                .withJitter(JITTER)
                .withDelayFn(context -> retryAfter(context.getLastResult()))
                .build();
    }

    @Override
    public String model() {
        return model;
    }

    /**
     * @throws PermanentFailure {@code EMBEDDINGS_REFUSED} when the service does not want the request, {@code
     *     EMBEDDINGS_INVALID} when its answer does not fit the request
     * @throws RetryableFailure {@code EMBEDDINGS_UNAVAILABLE} when it did not answer well in all attempts
     */
    @Override
    public List<float[]> embed(List<String> texts) throws InterruptedException {
        HttpResponse<String> response = send(request(texts));
        int status = response.statusCode();
        if (isWorthAnotherTry(response)) {
            throw new RetryableFailure("EMBEDDINGS_UNAVAILABLE", "the embeddings service answers " + quote(response));
        }
        if (status != 200) {
            throw new PermanentFailure("EMBEDDINGS_REFUSED", "the embeddings service answers " + quote(response));
        }
        return vectors(response.body(), texts.size());
    }

    private HttpRequest request(List<String> texts) {
        try {
            String body = json.writeValueAsString(Map.of("model", model, "input", texts, "encoding_format", "float"));
            HttpRequest.Builder request = HttpRequest.newBuilder(endpoint)
                    .timeout(ANSWER_TIMEOUT)
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofString(body));
            if (key != null) {
                request.header("Authorization", "Bearer " + key);
            }
            var trace = Traceparent.of(Span.current().getSpanContext());
            if (trace != null) {
                request.header(Traceparent.HEADER, trace);
            }
            return request.build();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts are always JSON", e);
        }
    }

    private HttpResponse<String> send(HttpRequest request) throws InterruptedException {
        try {
            return Failsafe.with(retries).get(() -> http.send(request, BodyHandlers.ofString()));
        } catch (FailsafeException e) {
            if (e.getCause() instanceof InterruptedException) {
                Thread.interrupted(); // Failsafe sets the flag again; the exception says it already
                throw new InterruptedException("interrupted while asking for embeddings");
            }
            throw new RetryableFailure(
                    "EMBEDDINGS_UNAVAILABLE", "the embeddings service cannot be reached: " + e.getCause(), e);
        }
    }

    private static boolean isWorthAnotherTry(HttpResponse<String> response) {
        int status = response.statusCode();
        return status == TOO_MANY_REQUESTS || status == REQUEST_TIMEOUT || status >= 500;
    }

    /** The time the service asks for, bounded; negative, which means the usual backoff, when it names none in seconds. */
    private static Duration retryAfter(HttpResponse<String> response) {
        if (response == null) {
            return USUAL_BACKOFF;
        }
        return response.headers()
                .firstValue("Retry-After")
                .filter(value -> value.matches("\\d{1,9}"))
                .map(value -> Duration.ofSeconds(Long.parseLong(value)))
                .map(wait -> wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait)
                // The jitter takes up to a fifth off; no request may come before the time the service asks for.
                .map(wait -> wait.multipliedBy(5).dividedBy(4))
                .orElse(USUAL_BACKOFF);
    }

    private List<float[]> vectors(String body, int expected) {
        JsonNode data;
        try {
            data = json.readTree(body).path("data");
        } catch (JsonProcessingException e) {
            throw invalid("no JSON");
        }
        if (data.size() != expected) {
            throw invalid(data.size() + " vectors for " + expected + " texts");
        }
        float[][] vectors = new float[expected][];
        for (JsonNode item : data) {
            int index = item.path("index").asInt(-1);
            if (index < 0 || index >= expected || vectors[index] != null) {
                throw invalid("a wrong index: " + item.path("index"));
            }
            vectors[index] = vector(item.path("embedding"));
            if (vectors[index].length == 0
                    || vectors[index].length != data.get(0).path("embedding").size()) {
                throw invalid("vectors of different or no length");
            }
        }
        return Arrays.asList(vectors);
    }

    private static float[] vector(JsonNode numbers) {
        float[] vector = new float[numbers.size()];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = numbers.get(i).isNumber() ? numbers.get(i).floatValue() : Float.NaN;
            if (!Float.isFinite(vector[i])) {
                throw invalid("a vector with something that is no finite number");
            }
        }
        return vector;
    }

    private static PermanentFailure invalid(String what) {
        return new PermanentFailure("EMBEDDINGS_INVALID", "the embeddings service answers with " + what);
    }

    private static String quote(HttpResponse<String> response) {
        String body = response.body().strip();
        return response.statusCode() + " " + body.substring(0, Math.min(body.length(), LONGEST_QUOTE));
    }
}
