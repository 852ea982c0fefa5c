package io.jobtrail.bench.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.jobtrail.config.Json;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Values that a schema of the document allows, so that mutations get past the first check. Knows the words of this API's schemas only. */
final class SchemaSample {
    private static final int MOST_ITEMS = 3;

    private final ApiDocument document;
    private final Map<String, List<String>> known;
    private final RandomGenerator random;

    /** @param known values of text members by their name, for which the schema says too little */
    SchemaSample(ApiDocument document, Map<String, List<String>> known, RandomGenerator random) {
        this.document = document;
        this.known = known;
        this.random = random;
    }

    JsonNode of(String name, JsonNode from) {
        var schema = document.followed(from);
        if (known.containsKey(name)) {
            return text(Nasty.one(known.get(name), random));
        }
        if (schema.has("const")) {
            return schema.get("const");
        }
        if (schema.has("enum")) {
            return schema.get("enum").get(random.nextInt(schema.get("enum").size()));
        }
        if (schema.has("oneOf") && !schema.has("properties")) {
            var choices = schema.get("oneOf");
            return of(name, choices.get(random.nextInt(choices.size())));
        }
        return switch (type(schema.path("type"))) {
            case "object" -> object(schema);
            case "array" -> array(name, schema);
            case "integer" -> Json.MAPPER.getNodeFactory().numberNode(integer(schema));
            case "number" -> Json.MAPPER.getNodeFactory().numberNode(random.nextDouble());
            case "boolean" -> Json.MAPPER.getNodeFactory().booleanNode(random.nextBoolean());
            case "null" -> NullNode.getInstance();
            default -> text(word(schema));
        };
    }

    private String type(JsonNode type) {
        return type.isArray()
                ? type.get(random.nextInt(type.size())).asText()
                : type.asText(random.nextBoolean() ? "object" : "string");
    }

    private JsonNode object(JsonNode schema) {
        var object = Json.MAPPER.createObjectNode();
        var required = new HashSet<String>();
        schema.path("required").forEach(name -> required.add(name.asText()));
        schema.path("properties").properties().forEach(property -> {
            if (required.contains(property.getKey()) || random.nextInt(4) == 0) {
                object.set(property.getKey(), of(property.getKey(), property.getValue()));
            }
        });
        if (!schema.has("properties")) {
            object.put("text", "some words");
        }
        return object;
    }

    private JsonNode array(String name, JsonNode schema) {
        var array = Json.MAPPER.createArrayNode();
        for (int i = 0, size = 1 + random.nextInt(MOST_ITEMS); i < size; i++) {
            array.add(of(name, schema.path("items")));
        }
        return array;
    }

    private long integer(JsonNode schema) {
        long least = schema.path("minimum").asLong(0);
        long most = Math.min(schema.path("maximum").asLong(1_000), least + 1_000);
        return least + random.nextLong(most - least + 1);
    }

    private String word(JsonNode schema) {
        return schema.path("format").asText().equals("date-time")
                ? Instant.ofEpochSecond(1_600_000_000L + random.nextInt(1_000_000_000))
                        .toString()
                : "word-" + random.nextInt(1_000);
    }

    private static JsonNode text(String value) {
        return Json.MAPPER.getNodeFactory().textNode(value);
    }
}
