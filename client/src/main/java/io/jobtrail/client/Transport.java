package io.jobtrail.client;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Requests and answers: addresses, headers, JSON, errors as types, and when to ask again. Knows no path of the API. */
final class Transport {
    private static final Duration TO_CONNECT = Duration.ofSeconds(5);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final ObjectMapper JSON =
            new ObjectMapper().registerModule(new SimpleModule().addDeserializer(Instant.class, new TimeReader()));

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(TO_CONNECT).build();
    private final URI base;

    Transport(URI base) {
        this.base = base;
    }

    /** @param limit for the whole answer */
    HttpRequest.Builder request(String path, Duration limit) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(limit);
    }

    static String write(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("this cannot be written as JSON: " + e.getOriginalMessage(), e);
        }
    }

    static <T> T read(String json, Class<T> type) throws JsonProcessingException {
        return JSON.readValue(json, type);
    }

    static <T> T convert(JsonNode node, Class<T> type) {
        return JSON.convertValue(node, type);
    }

    /**
     * Sends it once.
     *
     * @throws JobtrailException.Refused as the server says
     * @throws JobtrailException.NoAnswer when none came that could be understood
     */
    <T> T send(HttpRequest request, Class<T> type) {
        var response = exchange(request, BodyHandlers.ofString());
        if (response.statusCode() / 100 != 2) {
            throw refusal(response, response.body());
        }
        try {
            return type == Void.class ? null : read(response.body(), type);
        } catch (JsonProcessingException e) {
            throw new JobtrailException.NoAnswer(name(request) + ": the answer is not what it should be", e);
        }
    }

    /** The lines of an answer that goes on; to be closed. Empty at once when the server has nothing more to say. */
    Stream<String> lines(HttpRequest request) {
        var response = exchange(request, BodyHandlers.ofLines());
        if (response.statusCode() != 200) {
            try (var body = response.body()) {
                throw refusal(response, body.collect(Collectors.joining("\n")));
            }
        }
        return response.body();
    }

    /**
     * What may be asked again, is, while no answer comes or the server cannot do it now.
     *
     * @param patience after which the newest failure is the caller's
     */
    static <T> T patiently(Duration patience, Supplier<T> call) {
        long deadline = System.nanoTime() + patience.toNanos();
        for (var pause = FIRST_PAUSE; ; pause = shorter(pause.multipliedBy(2), LONGEST_PAUSE)) {
            Duration wanted;
            JobtrailException failure;
            try {
                return call.get();
            } catch (JobtrailException.NoAnswer e) {
                failure = e;
                wanted = null;
            } catch (JobtrailException.Unavailable e) {
                failure = e;
                wanted = e.problem().retryAfter();
            }
            var next = wanted == null ? somewhatLess(pause) : wanted;
            if (System.nanoTime() + next.toNanos() > deadline) {
                throw failure;
            }
            sleep(next);
        }
    }

    /** So that clients that failed together do not come back together. */
    private static Duration somewhatLess(Duration pause) {
        return Duration.ofNanos(ThreadLocalRandom.current().nextLong(pause.toNanos() / 2, pause.toNanos() + 1));
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    /** Before connecting again. */
    static void pause() {
        sleep(FIRST_PAUSE);
    }

    private static void sleep(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private <T> HttpResponse<T> exchange(HttpRequest request, BodyHandler<T> body) {
        try {
            return http.send(request, body);
        } catch (IOException e) {
            throw new JobtrailException.NoAnswer(name(request) + ": " + e, e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static JobtrailException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new Interrupted(e);
    }

    /** Not to be tried again, although no answer came. */
    private static final class Interrupted extends JobtrailException {
        Interrupted(InterruptedException e) {
            super("interrupted while waiting for an answer", e);
        }
    }

    private static JobtrailException.Refused refusal(HttpResponse<?> response, String body) {
        JsonNode problem;
        try {
            problem = JSON.readTree(body);
        } catch (JsonProcessingException e) { // it comes from something between us and the server
            problem = MissingNode.getInstance();
        }
        return JobtrailException.of(Problem.of(response.statusCode(), problem, retryAfter(response)));
    }

    private static Duration retryAfter(HttpResponse<?> response) {
        return response.headers()
                .firstValue("Retry-After")
                .filter(value -> value.matches("\\d{1,6}"))
                .map(value -> Duration.ofSeconds(Long.parseLong(value)))
                .orElse(null);
    }

    private static String name(HttpRequest request) {
        return request.method() + " " + request.uri().getPath();
    }

    /** As the server writes times; Jackson reads none by itself. */
    private static final class TimeReader extends StdDeserializer<Instant> {
        private static final long serialVersionUID = 1;

        TimeReader() {
            super(Instant.class);
        }

        @Override
        public Instant deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            return Instant.parse(parser.getText());
        }
    }
}
