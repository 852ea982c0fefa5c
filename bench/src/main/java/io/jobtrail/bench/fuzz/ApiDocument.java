package io.jobtrail.bench.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What the API says of itself in {@code /openapi.json}: its operations, and the schemas that they refer to. */
final class ApiDocument {
    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete", "options");

    private final JsonNode root;

    ApiDocument(JsonNode root) {
        this.root = root;
    }

    List<Operation> operations() {
        var operations = new ArrayList<Operation>();
        root.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().stream()
                        .filter(entry -> METHODS.contains(entry.getKey()))
                        .forEach(entry -> methods(entry.getKey())
                                .forEach(method -> operations.add(new Operation(
                                        method,
                                        path.getKey(),
                                        parameters(path.getValue(), entry.getValue()),
                                        bodies(entry.getValue()))))));
        return operations;
    }

    /** HEAD is not described apart: it is GET without the body. */
    private static List<String> methods(String described) {
        return described.equals("get") ? List.of("GET", "HEAD") : List.of(described.toUpperCase(Locale.ROOT));
    }

    private List<Operation.Parameter> parameters(JsonNode path, JsonNode operation) {
        var parameters = new ArrayList<Operation.Parameter>();
        for (var list : List.of(path.path("parameters"), operation.path("parameters"))) {
            for (var node : list) {
                var parameter = followed(node);
                parameters.add(new Operation.Parameter(
                        parameter.path("name").asText(), parameter.path("in").asText(), parameter.path("schema")));
            }
        }
        return List.copyOf(parameters);
    }

    private Map<String, JsonNode> bodies(JsonNode operation) {
        var bodies = new LinkedHashMap<String, JsonNode>();
        followed(operation.path("requestBody"))
                .path("content")
                .properties()
                .forEach(content ->
                        bodies.put(content.getKey(), content.getValue().path("schema")));
        return bodies;
    }

    /** What a reference stands for; anything else as it is. */
    JsonNode followed(JsonNode node) {
        var at = node;
        while (at.has("$ref")) {
            at = root.at(at.path("$ref").asText().substring(1));
        }
        return at;
    }
}
