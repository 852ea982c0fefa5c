package io.jobtrail.bench.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * One operation of the API as its own document describes it.
 *
 * @param path with the names of its parameters in braces
 * @param bodies schema by media type; empty when no body is taken
 */
record Operation(String method, String path, List<Parameter> parameters, Map<String, JsonNode> bodies) {

    /** @param in path, query or header */
    record Parameter(String name, String in, JsonNode schema) {}

    String name() {
        return method + " " + path;
    }

    List<Parameter> in(String place) {
        return parameters.stream()
                .filter(parameter -> parameter.in().equals(place))
                .toList();
    }
}
