package io.jobtrail.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A JSON object that a caller sent, and its members, checked. Null = not given.
 *
 * @param prefix stands before the names of the members when they are told to the caller
 */
record JsonBody(ObjectNode json, String prefix) {

    /** @throws ApiError also for what could not be stored as it is, anywhere in it */
    static JsonBody of(Context ctx) {
        return of(ctx, JsonRoom.MAX_BYTES);
    }

    /** @param most bytes */
    static JsonBody of(Context ctx, int most) {
        if (!(parse(ctx, most) instanceof ObjectNode object)) {
            throw JsonText.malformed(JsonText.BODY, "the body must be a JSON object", Map.of());
        }
        return of(object);
    }

    /** Likewise of an object that has been read. */
    static JsonBody of(ObjectNode object) {
        var place = JsonText.unstorable(object);
        if (place != null) {
            throw new ApiError(
                            ErrorCode.INVALID_FIELD,
                            place.substring(1)
                                    .replace('/', '.')
                                    .replace("~1", "/")
                                    .replace("~0", "~"),
                            "NUL and halves of surrogate pairs cannot be stored: there is one at " + place)
                    .at(Map.of("pointer", place));
        }
        return new JsonBody(object, "");
    }

    private static JsonNode parse(Context ctx, int most) {
        if (!EnqueueEndpoint.mediaType(ctx).equals("application/json")) {
            throw new ApiError(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Content-Type", "Content-Type must be application/json");
        }
        return JsonText.parse(null, ctx.appData(JsonRoom.KEY).read(ctx, most));
    }

    /** The objects of a body that is an array of them; what is in them is not looked at. */
    static List<ObjectNode> array(Context ctx, int most) {
        if (!(parse(ctx, JsonRoom.MAX_BYTES) instanceof ArrayNode array)) {
            throw JsonText.malformed(JsonText.BODY, "the body must be a JSON array", Map.of());
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
        if (!node.isTextual()) {
            throw ApiError.invalid(prefix + field, "must be text");
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
}
