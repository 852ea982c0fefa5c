package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.config.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A client of server-sent events, as browsers are one: it keeps the last id that it was given. */
final class EventReader implements AutoCloseable {
    /** @param name null = a change of state */
    record Event(String id, String name, String data) {
        JsonNode json() {
            try {
                return Json.MAPPER.readTree(data);
            } catch (JsonProcessingException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Job and number of the event. */
        String key() {
            return json().path("job_id").asText() + " " + json().path("seq").asInt();
        }
    }

    private final HttpResponse<InputStream> response;
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<String> comments = new CopyOnWriteArrayList<>();
    private volatile String lastId;
    private volatile boolean ended;

    private EventReader(HttpResponse<InputStream> response) {
        this.response = response;
        var thread = new Thread(this::read, "event-reader");
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns once every change from now on will be told. */
    static EventReader of(RunningApi api, String query, String... headers) {
        var request = HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + api.server.port() + "/pipeline/events" + query));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            var response = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .build()
                    .send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("Content-Type").orElse(null))
                    .startsWith("text/event-stream");
            return new EventReader(response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void read() {
        try (var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            String name = null;
            String data = null;
            String id = lastId;
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isEmpty()) {
                    lastId = id; // first: whoever has seen the event may ask for it
                    if (data != null) {
                        events.add(new Event(id, name, data));
                    }
                    name = null;
                    data = null;
                } else if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("data: ")) {
                    data = line.substring(6);
                } else if (line.startsWith("event: ")) {
                    name = line.substring(7);
                } else if (line.startsWith(":")) {
                    comments.add(line);
                }
            }
        } catch (IOException e) {
            // the connection was closed, here or there
        }
        ended = true;
    }

    List<Event> events() {
        return events;
    }

    List<String> comments() {
        return comments;
    }

    /** Without its body, which does not end. */
    Answer answer() {
        return new Answer(response.statusCode(), response.headers(), new byte[0]);
    }

    String lastId() {
        await().until(() -> lastId != null);
        return lastId;
    }

    boolean isEnded() {
        return ended;
    }

    List<String> keys() {
        return events.stream().map(Event::key).toList();
    }

    EventReader awaits(int count) {
        await().atMost(Duration.ofSeconds(10)).until(() -> events.size() >= count);
        return this;
    }

    @Override
    public void close() {
        try {
            response.body().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
