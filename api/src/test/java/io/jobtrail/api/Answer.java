package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.config.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/** What the server answered, and what tests say about answers. */
record Answer(int status, HttpHeaders headers, byte[] body) {

    String header(String name) {
        return headers.firstValue(name).orElse(null);
    }

    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    JsonNode json() {
        try {
            return Json.MAPPER.readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException(text(), e);
        }
    }

    UUID jobId() {
        return UUID.fromString(json().path("job_id").asText());
    }

    /** From the bytes of a connection on which nothing else came. */
    static Answer parse(String raw) {
        var parts = raw.split("\r\n\r\n", 2);
        var lines = List.of(parts[0].split("\r\n"));
        var headers = lines.stream()
                .skip(1)
                .map(line -> line.split(": ", 2))
                .collect(Collectors.groupingBy(
                        header -> header[0], Collectors.mapping(header -> header[1], Collectors.toList())));
        return new Answer(
                Integer.parseInt(lines.get(0).split(" ")[1]),
                HttpHeaders.of(headers, (name, value) -> true),
                parts[1].getBytes(StandardCharsets.UTF_8));
    }

    Answer is(int expected) {
        assertThat(status).as("%s", text()).isEqualTo(expected);
        return this;
    }

    /**
     * An error in the one form that all errors have.
     *
     * @param field the field that is named as the one at fault; null when none is
     */
    Answer isProblem(int expected, String code, String field) {
        is(expected);
        assertThat(header("Content-Type")).startsWith("application/problem+json");
        var problem = json();
        assertThat(problem.path("status").asInt()).isEqualTo(expected);
        assertThat(problem.path("code").asText()).as("%s", text()).isEqualTo(code);
        assertThat(problem.path("title").asText()).isNotBlank();
        assertThat(problem.path("detail").asText()).isNotBlank();
        assertThat(problem.path("instance").asText()).startsWith("/");
        assertThat(problem.path("request_id").asText()).isNotBlank().isEqualTo(header("X-Request-Id"));
        assertThat(problem.at("/errors/0/field").asText(null)).isEqualTo(field);
        return this;
    }

    Answer says(String... words) {
        assertThat(json().path("detail").asText()).contains(words);
        return this;
    }
}
