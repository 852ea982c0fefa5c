package io.jobtrail.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
 */
record Submission(
        String handler,
        QueueName queue,
        Integer maxAttempts,
        Instant runAfter,
        Integer timeoutSec,
        JsonNode input,
        String s3Key,
        JsonNode options) {

    private static final Set<String> SHARED =
            Set.of("queue", "handler", "max_attempts", "run_after", "timeout_sec", "options");

    private static final String S3 = "s3";

    /** What S3 itself allows. */
    private static final int MAX_S3_KEY_BYTES = 1_024;

    /** Years of five digits are no RFC 3339, and the database does not take all of them. */
    private static final Instant END_OF_TIME = Instant.parse("9999-12-31T00:00:00Z");

    /** A name that stands twice is refused, for one of its values would be lost without a word. */
    private static final ObjectReader READER =
            Json.MAPPER.reader().with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    /** From the text fields of a form. */
    static Submission ofForm(Map<String, String> fields, Supplier<? extends Collection<String>> handlers) {
        var json = Json.MAPPER.createObjectNode();
        fields.forEach((name, value) -> {
            if (name.equals("options")) {
                json.set(name, parse(name, value));
            } else if (name.equals("max_attempts") || name.equals("timeout_sec")) {
                json.put(name, number(name, value));
            } else {
                json.put(name, value);
            }
        });
        return of(json, SHARED, handlers);
    }

    /** From a JSON body. */
    static Submission ofJson(String body, Supplier<? extends Collection<String>> handlers) {
        if (!(parse(null, body) instanceof ObjectNode object)) {
            throw new ApiError(ErrorCode.MALFORMED_JSON, null, "the body must be a JSON object");
        }
        var allowed = new TreeSet<>(SHARED);
        if (object.has("source_type")) {
            allowed.addAll(Set.of("source_type", "s3_key"));
            requireS3(object);
        } else if (object.hasNonNull("handler")) {
            allowed.add("input");
        } else {
            throw ApiError.invalid("handler", "must be given, or a source_type");
        }
        return of(object, allowed, handlers);
    }

    private static void requireS3(ObjectNode json) {
        var type = text(json, "source_type");
        if (!S3.equals(type)) {
            throw ApiError.notOneOf(ErrorCode.INVALID_FIELD, "source_type", type, Set.of(S3));
        }
        var key = text(json, "s3_key");
        if (key == null || key.isEmpty() || key.getBytes(StandardCharsets.UTF_8).length > MAX_S3_KEY_BYTES) {
            throw ApiError.invalid("s3_key", "must be the key of an object, 1 to " + MAX_S3_KEY_BYTES + " bytes");
        }
    }

    private static Submission of(
            ObjectNode json, Set<String> allowed, Supplier<? extends Collection<String>> handlers) {
        json.fieldNames().forEachRemaining(name -> {
            if (!allowed.contains(name)) {
                throw new ApiError(
                        ErrorCode.UNKNOWN_FIELD,
                        name,
                        "%s is not known here; known are %s"
                                .formatted(name, String.join(", ", new TreeSet<>(allowed))));
            }
        });
        return new Submission(
                handler(text(json, "handler"), handlers),
                queue(text(json, "queue")),
                integer(json, "max_attempts", 1, 1_000),
                time(text(json, "run_after")),
                integer(json, "timeout_sec", 1, 7 * 24 * 3_600),
                object(json, "input"),
                text(json, "s3_key"),
                object(json, "options"));
    }

    private static QueueName queue(String name) {
        return name == null
                ? null
                : QueueName.of(name)
                        .orElseThrow(
                                () -> ApiError.notOneOf(ErrorCode.UNKNOWN_QUEUE, "queue", name, QueueName.wireNames()));
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

    private static String text(ObjectNode json, String field) {
        var node = json.get(field);
        if (node == null || node.isNull()) {
            return null;
        }
        if (!node.isTextual() || node.textValue().indexOf('\0') >= 0) {
            throw ApiError.invalid(field, "must be text without NUL characters");
        }
        return node.textValue();
    }

    private static Integer integer(ObjectNode json, String field, int min, int max) {
        var node = json.get(field);
        if (node == null || node.isNull()) {
            return null;
        }
        if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < min || node.longValue() > max) {
            throw ApiError.invalid(field, "must be a whole number from %d to %d, not %s".formatted(min, max, node));
        }
        return node.intValue();
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

    private static JsonNode object(ObjectNode json, String field) {
        var node = json.get(field);
        if (node == null || node.isNull()) {
            return null;
        }
        if (!node.isObject()) {
            throw ApiError.invalid(field, "must be a JSON object");
        }
        return node;
    }

    private static JsonNode parse(String field, String text) {
        try {
            var node = READER.readTree(text);
            if (node == null || node.isMissingNode()) {
                throw new ApiError(ErrorCode.MALFORMED_JSON, field, "there is no JSON");
            }
            if (!isFinite(node)) {
                throw new ApiError(ErrorCode.MALFORMED_JSON, field, "there is a number too large for a double");
            }
            return node;
        } catch (JsonProcessingException e) {
            var place = e.getLocation();
            throw new ApiError(
                    ErrorCode.MALFORMED_JSON,
                    field,
                    "%s at line %d, column %d"
                            .formatted(
                                    // without Jackson's own words about where the text came from
                                    e.getOriginalMessage().replaceFirst("(?s)\\s*\\([^()]*\\[Source:.*", ""),
                                    place == null ? 0 : place.getLineNr(),
                                    place == null ? 0 : place.getColumnNr()));
        }
    }

    /** 1e400 is JSON, but would reach the handler as infinity, which is not. */
    private static boolean isFinite(JsonNode node) {
        if (node.isContainerNode()) {
            for (var child : node) {
                if (!isFinite(child)) {
                    return false;
                }
            }
        }
        return !node.isFloatingPointNumber() || Double.isFinite(node.doubleValue());
    }
}
