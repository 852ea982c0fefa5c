package io.jobtrail.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.jobtrail.config.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A JSON object that a caller sent, and its members, checked. Null = not given. Refuses what others would read in different
 * ways: names that stand twice, numbers that no double holds.
 *
 * @param prefix stands before the names of the members when they are told to the caller
 */
record JsonBody(ObjectNode json, String prefix) {

    /** A name that stands twice is refused, for one of its values would be lost without a word. */
    private static final ObjectReader READER =
            Json.MAPPER.reader().with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    static JsonBody of(Context ctx) {
        requireJson(ctx);
        return of(ctx.body());
    }

    private static void requireJson(Context ctx) {
        if (!EnqueueEndpoint.mediaType(ctx).equals("application/json")) {
            throw new ApiError(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Content-Type", "Content-Type must be application/json");
        }
    }

    /** The objects of a body that is an array of them. */
    static List<ObjectNode> array(Context ctx, int most) {
        requireJson(ctx);
        if (!(parse(null, ctx.body()) instanceof ArrayNode array)) {
            throw new ApiError(ErrorCode.MALFORMED_JSON, null, "the body must be a JSON array");
        }
        if (array.isEmpty() || array.size() > most) {
            throw ApiError.invalid("items", "must be 1 to %d, not %d".formatted(most, array.size()));
        }
        var objects = new ArrayList<ObjectNode>();
        for (var node : array) {
            if (!(node instanceof ObjectNode object)) {
                throw ApiError.invalid("items[" + objects.size() + "]", "must be a JSON object");
            }
            objects.add(object);
        }
        return objects;
    }

    static JsonBody of(String text) {
        if (!(parse(null, text) instanceof ObjectNode object)) {
            throw new ApiError(ErrorCode.MALFORMED_JSON, null, "the body must be a JSON object");
        }
        return new JsonBody(object, "");
    }

    JsonBody onlyKnown(Set<String> allowed) {
        json.fieldNames().forEachRemaining(name -> {
            if (!allowed.contains(name)) {
                throw new ApiError(
                        ErrorCode.UNKNOWN_FIELD,
                        prefix + name,
                        "%s is not known here; known are %s"
                                .formatted(prefix + name, String.join(", ", new TreeSet<>(allowed))));
            }
        });
        return this;
    }

    JsonNode any(String field) {
        var node = json.get(field);
        return node == null || node.isNull() ? null : node;
    }

    String text(String field) {
        var node = any(field);
        if (node == null) {
            return null;
        }
        if (!node.isTextual() || node.textValue().indexOf('\0') >= 0) {
            throw ApiError.invalid(prefix + field, "must be text without NUL characters");
        }
        return node.textValue();
    }

    Integer integer(String field, int min, int max) {
        var node = any(field);
        if (node == null) {
            return null;
        }
        if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < min || node.longValue() > max) {
            throw ApiError.invalid(
                    prefix + field, "must be a whole number from %d to %d, not %s".formatted(min, max, node));
        }
        return node.intValue();
    }

    /** A number from 0 to 1. */
    Double fraction(String field) {
        var node = any(field);
        if (node == null) {
            return null;
        }
        if (!node.isNumber() || node.doubleValue() < 0 || node.doubleValue() > 1) {
            throw ApiError.invalid(prefix + field, "must be a number from 0 to 1");
        }
        return node.doubleValue();
    }

    boolean flag(String field) {
        var node = any(field);
        if (node != null && !node.isBoolean()) {
            throw ApiError.invalid(prefix + field, "must be true or false");
        }
        return node != null && node.booleanValue();
    }

    JsonBody object(String field) {
        var node = any(field);
        if (node == null) {
            return null;
        }
        if (!(node instanceof ObjectNode object)) {
            throw ApiError.invalid(prefix + field, "must be a JSON object");
        }
        return new JsonBody(object, prefix + field + ".");
    }

    /** @param field that the text was sent as; null when it is the body */
    static JsonNode parse(String field, String text) {
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
