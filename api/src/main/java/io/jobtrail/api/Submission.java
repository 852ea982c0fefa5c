package io.jobtrail.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.config.Json;
import io.jobtrail.job.QueueName;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * What a caller asks for, checked: the same fields whether they came as a form or as JSON. Null = not given.
 *
 * @param input JSON object for the handler, in place of a document
 * @param s3Key of the object that is the document
 * @param options JSON object beside a document
 * @param review whether a person has to approve the result
 */
record Submission(
        String handler,
        QueueName queue,
        Integer maxAttempts,
        Instant runAfter,
        Integer timeoutSec,
        JsonNode input,
        String s3Key,
        JsonNode options,
        boolean review) {

    private static final Set<String> SHARED =
            Set.of("queue", "handler", "max_attempts", "run_after", "timeout_sec", "options", "review");

    private static final String S3 = "s3";

    /** What S3 itself allows. */
    private static final int MAX_S3_KEY_BYTES = 1_024;

    /** Years of five digits are no RFC 3339, and the database does not take all of them. */
    private static final Instant END_OF_TIME = Instant.parse("9999-12-31T00:00:00Z");

    /** From the text fields of a form. */
    static Submission ofForm(Map<String, String> fields, Supplier<? extends Collection<String>> handlers) {
        var json = Json.MAPPER.createObjectNode();
        fields.forEach((name, value) -> {
            if (name.equals("options")) {
                json.set(name, JsonText.parse(name, value));
            } else if (name.equals("max_attempts") || name.equals("timeout_sec")) {
                json.put(name, number(name, value));
            } else if (name.equals("review") && (value.equals("true") || value.equals("false"))) {
                json.put(name, value.equals("true"));
            } else {
                json.put(name, value);
            }
        });
        return of(JsonBody.of(json), SHARED, handlers);
    }

    /** From a JSON body. */
    static Submission ofJson(JsonBody body, Supplier<? extends Collection<String>> handlers) {
        var allowed = new TreeSet<>(SHARED);
        if (body.json().has("source_type")) {
            allowed.addAll(Set.of("source_type", "s3_key"));
            requireS3(body);
        } else if (body.any("handler") != null) {
            allowed.add("input");
        } else {
            throw ApiError.invalid("handler", "must be given, or a source_type");
        }
        return of(body, allowed, handlers);
    }

    private static void requireS3(JsonBody body) {
        var type = body.text("source_type");
        if (!S3.equals(type)) {
            throw ApiError.notOneOf(ErrorCode.INVALID_FIELD, "source_type", type, Set.of(S3));
        }
        var key = body.text("s3_key");
        if (key == null || key.isEmpty() || key.getBytes(StandardCharsets.UTF_8).length > MAX_S3_KEY_BYTES) {
            throw ApiError.invalid("s3_key", "must be the key of an object, 1 to " + MAX_S3_KEY_BYTES + " bytes");
        }
    }

    private static Submission of(JsonBody body, Set<String> allowed, Supplier<? extends Collection<String>> handlers) {
        body.onlyKnown(allowed);
        return new Submission(
                handler(body.text("handler"), handlers),
                queue("queue", body.text("queue")),
                body.integer("max_attempts", 1, 1_000),
                time(body.text("run_after")),
                body.integer("timeout_sec", 1, 7 * 24 * 3_600),
                object(body, "input"),
                body.text("s3_key"),
                object(body, "options"),
                body.flag("review"));
    }

    private static JsonNode object(JsonBody body, String field) {
        var object = body.object(field);
        return object == null ? null : object.json();
    }

    /** Also where a queue is named for something else. */
    static QueueName queue(String field, String name) {
        return name == null
                ? null
                : QueueName.of(name)
                        .orElseThrow(
                                () -> ApiError.notOneOf(ErrorCode.UNKNOWN_QUEUE, field, name, QueueName.wireNames()));
    }

    private static String handler(String name, Supplier<? extends Collection<String>> handlers) {
        if (name == null) {
            return null;
        }
        var known = handlers.get();
        if (!known.contains(name)) {
            throw ApiError.notOneOf(ErrorCode.UNKNOWN_HANDLER, "handler", name, known);
        }
        return name;
    }

    private static long number(String field, String value) {
        try {
            return Long.parseLong(value.strip());
        } catch (NumberFormatException e) {
            throw ApiError.invalid(field, "must be a whole number, not " + value);
        }
    }

    private static Instant time(String value) {
        if (value == null) {
            return null;
        }
        try {
            var time = OffsetDateTime.parse(value).toInstant();
            if (!time.isBefore(Instant.EPOCH) && time.isBefore(END_OF_TIME)) {
                return time;
            }
        } catch (DateTimeException e) {
            // answered below, like one that no calendar needs
        }
        throw ApiError.invalid(
                "run_after", "must be a time such as 2026-01-31T12:00:00Z, from 1970 to 9999, not " + value);
    }
}
