package io.jobtrail.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.jobtrail.config.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * JSON that a caller sent, read. Refuses what others would read in different ways, names that stand twice and numbers that no double
 * holds, and what cannot be kept as it is; each by its place and in words of our own.
 */
final class JsonText {
    /** What a fault is told of that is in the body and not in a field. */
    static final String BODY = "body";

    private static final ObjectReader READER =
            Json.MAPPER.reader().with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    private JsonText() {}

    /** @param field that the text was sent as; null when it is the body */
    static JsonNode parse(String field, String text) {
        var named = field == null ? BODY : field;
        try {
            var node = READER.readTree(text);
            if (node == null || node.isMissingNode()) {
                throw malformed(named, "there is no JSON", Map.of());
            }
            var tooLarge = place(node, JsonText::isInfinite, name -> false);
            if (tooLarge != null) {
                throw malformed(named, "there is a number too large for a double", Map.of("pointer", tooLarge));
            }
            return node;
        } catch (JsonProcessingException e) {
            throw malformed(e, named);
        }
    }

    static ApiError malformed(String field, String detail, Map<String, Object> place) {
        return new ApiError(ErrorCode.MALFORMED_JSON, field, detail).at(place);
    }

    private static ApiError malformed(JsonProcessingException e, String field) {
        var place = new LinkedHashMap<String, Object>();
        var where = "";
        if (e.getLocation() != null) {
            place.put("line", e.getLocation().getLineNr());
            place.put("column", e.getLocation().getColumnNr());
            where = " at line %d, column %d".formatted(place.values().toArray());
        }
        if (e.getProcessor() instanceof JsonParser parser && parser.getParsingContext() != null) {
            place.put(
                    "pointer",
                    Json.clean(parser.getParsingContext().pathAsPointer().toString()));
        }
        return malformed(field, inWords(e) + where, place);
    }

    private static String inWords(JsonProcessingException e) {
        if (e instanceof StreamConstraintsException) {
            return "it is nested more than %d levels deep, or has a number of more than %d digits or a name of more than %d characters"
                    .formatted(
                            Json.MAX_DEPTH,
                            StreamReadConstraints.DEFAULT_MAX_NUM_LEN,
                            StreamReadConstraints.DEFAULT_MAX_NAME_LEN);
        } else if (e instanceof JsonEOFException) {
            return "the JSON ends early";
        } else if (e instanceof MismatchedInputException && e.getProcessor() instanceof JsonParser parser) {
            var twice = parser.getParsingContext().getCurrentName();
            return twice == null
                    ? "something stands after the end of the JSON"
                    : "a name stands twice in one object: " + Json.clean(twice);
        }
        return "this is no JSON";
    }

    /** 1e400 is JSON, but would reach the handler as infinity, which is not. */
    private static boolean isInfinite(JsonNode value) {
        return value.isFloatingPointNumber() && !Double.isFinite(value.doubleValue());
    }

    /**
     * Where there is a name or a text with NUL or half of a surrogate pair, which Postgres cannot store: as a JSON pointer, RFC 6901.
     * Null: nowhere.
     */
    static String unstorable(JsonNode node) {
        return place(
                node,
                value -> value.isTextual() && !Json.isStorable(value.textValue()),
                name -> !Json.isStorable(name));
    }

    /** Of the first that has a fault. */
    private static String place(JsonNode node, Predicate<JsonNode> ofValues, Predicate<String> ofNames) {
        if (ofValues.test(node)) {
            return "";
        }
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                var within = place(node.get(i), ofValues, ofNames);
                if (within != null) {
                    return "/" + i + within;
                }
            }
        }
        for (var member : node.properties()) {
            var within = ofNames.test(member.getKey()) ? "" : place(member.getValue(), ofValues, ofNames);
            if (within != null) {
                return "/" + Json.clean(member.getKey()).replace("~", "~0").replace("/", "~1") + within;
            }
        }
        return null;
    }
}
