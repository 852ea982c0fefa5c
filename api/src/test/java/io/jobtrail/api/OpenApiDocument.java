package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import io.jobtrail.config.Json;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The OpenAPI document as the server gives it, to hold answers against. Remembers which of what it lists has been seen. */
final class OpenApiDocument {
    /** Said once, in the words about all answers; or made by HTTP itself. */
    private static final Set<String> EVERYWHERE = Set.of(
            "cache-control",
            "connection",
            "content-length",
            "content-type",
            "date",
            "expires",
            "ratelimit",
            "ratelimit-policy",
            "transfer-encoding",
            "x-content-type-options",
            "x-request-id");

    private static final String NAME = "https://jobtrail.test/openapi.json";
    private static final Set<String> METHODS = Set.of("get", "head", "post", "put", "patch", "delete", "options");

    final JsonNode root;

    private final JsonSchemaFactory schemas;
    private final Map<String, JsonSchema> compiled = new LinkedHashMap<>();
    private final Set<String> seen = new HashSet<>();

    private OpenApiDocument(String text) {
        root = json(text);
        schemas = JsonSchemaFactory.getInstance(
                VersionFlag.V202012, some -> some.schemaLoaders(loaders -> loaders.schemas(Map.of(NAME, text))));
    }

    static OpenApiDocument of(RunningApi api) {
        return new OpenApiDocument(api.get("/openapi.json").is(200).text());
    }

    /** Something in the document, with the place where it stands once references are followed. */
    record Found(String pointer, JsonNode node) {
        Found at(String name) {
            return new Found(pointer + "/" + name.replace("~", "~0").replace("/", "~1"), node.path(name));
        }
    }

    /** By method and path, as {@link ApiServer#routes} names them. */
    Map<String, Found> operations() {
        var operations = new LinkedHashMap<String, Found>();
        var paths = new Found("/paths", root.path("paths"));
        names(paths.node)
                .forEach(path -> names(paths.at(path).node).stream()
                        .filter(METHODS::contains)
                        .forEach(method -> operations.put(
                                method.toUpperCase(Locale.ROOT) + " " + path,
                                paths.at(path).at(method))));
        return operations;
    }

    Found operation(String name) {
        var operation = operations().get(name);
        assertThat(operation).as("%s in the document", name).isNotNull();
        return operation;
    }

    /** Those of the operation and of its path. */
    List<JsonNode> parameters(String operation) {
        var parameters = new ArrayList<JsonNode>();
        root.path("paths")
                .path(operation.split(" ")[1])
                .path("parameters")
                .forEach(parameter -> parameters.add(followed(new Found("", parameter)).node));
        operation(operation)
                .node
                .path("parameters")
                .forEach(parameter -> parameters.add(followed(new Found("", parameter)).node));
        return parameters;
    }

    Found followed(Found from) {
        var at = from;
        while (at.node.has("$ref")) {
            var pointer = at.node.path("$ref").asText().substring(1);
            at = new Found(pointer, root.at(pointer));
            assertThat(at.node.isMissingNode()).as("nothing at %s", pointer).isFalse();
        }
        return at;
    }

    /** What is wrong with the instance, in words. */
    List<String> problems(Found schema, JsonNode instance) {
        return compiled
                .computeIfAbsent(
                        schema.pointer,
                        pointer -> schemas.getSchema(
                                SchemaLocation.of(NAME + "#" + pointer),
                                SchemaValidatorsConfig.builder()
                                        .formatAssertionsEnabled(true)
                                        .build()))
                .validate(instance)
                .stream()
                .map(ValidationMessage::toString)
                .toList();
    }

    /** What is wrong with the schema itself, in words. */
    List<String> faults(JsonNode schema) {
        return schemas.getSchema(SchemaLocation.of(VersionFlag.V202012.getId())).validate(schema).stream()
                .map(ValidationMessage::toString)
                .toList();
    }

    /** The schema of a body with this media type. */
    Found requestSchema(String operation, String mediaType) {
        var body = operation(operation).at("requestBody").at("content").at(mediaType);
        return followed(body.at("schema"));
    }

    /** Holds status, media type, headers and body against what the document says of this operation. */
    Answer describes(String operation, Answer answer) {
        var name = operation + " " + answer.status();
        var listed = operation(operation).at("responses").at(Integer.toString(answer.status()));
        assertThat(listed.node.isMissingNode())
                .as("%s is not documented: %s", name, answer.text())
                .isFalse();
        var response = followed(listed);
        headers(name, response, answer);
        body(name, response, answer);
        seen.add(name);
        return answer;
    }

    private void headers(String name, Found response, Answer answer) {
        var sent = answer.headers().map().keySet().stream()
                .map(header -> header.toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
        for (var header : names(response.node.path("headers"))) {
            var described = followed(response.at("headers").at(header));
            var value = answer.header(header);
            if (value != null) {
                var type = described.node.path("schema").path("type").asText();
                var instance = type.equals("integer") ? json(value) : TextNode.valueOf(value);
                assertThat(problems(described.at("schema"), instance))
                        .as("%s %s: %s", name, header, value)
                        .isEmpty();
            } else {
                assertThat(described.node.path("required").asBoolean())
                        .as("%s has no %s", name, header)
                        .isFalse();
            }
            sent.remove(header.toLowerCase(Locale.ROOT));
        }
        sent.removeAll(EVERYWHERE);
        assertThat(sent).as("headers of %s that are not documented", name).isEmpty();
    }

    private void body(String name, Found response, Answer answer) {
        var contents = response.at("content");
        if (answer.body().length == 0) {
            return; // of HEAD, 204 and 304, and of a stream that has no end
        }
        var type = answer.header("Content-Type").split(";")[0];
        var content = contents.at(contents.node.has(type) ? type : "*/*");
        assertThat(content.node.isMissingNode())
                .as("%s is not documented with %s", name, type)
                .isFalse();
        var instance = type.endsWith("json") ? json(answer.text()) : TextNode.valueOf(answer.text());
        assertThat(problems(content.at("schema"), instance))
                .as("%s: %s", name, answer.text())
                .isEmpty();
    }

    void describesEvent(JsonNode event) {
        assertThat(problems(
                        new Found("/components/schemas/ChangeEvent", root.at("/components/schemas/ChangeEvent")),
                        event))
                .as("%s", event)
                .isEmpty();
    }

    /** What is documented with one of these statuses, and was not held against an answer. */
    List<String> unseen(Set<Integer> statuses) {
        return operations().entrySet().stream()
                .flatMap(operation -> names(operation.getValue().node().path("responses")).stream()
                        .filter(status -> statuses.contains(Integer.parseInt(status)))
                        .map(status -> operation.getKey() + " " + status))
                .filter(name -> !seen.contains(name))
                .toList();
    }

    static List<String> names(JsonNode object) {
        var names = new ArrayList<String>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    static JsonNode json(String text) {
        try {
            return Json.MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(text, e);
        }
    }
}
