package io.jobtrail.api;

import static io.jobtrail.api.DocumentedApi.and;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobtrail.api.OpenApiDocument.Found;
import io.jobtrail.config.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/**
 * The running server knows the fields, parameters and headers that the document has, and no others, and asks for those that it
 * calls required. The server itself says which it knows when it is sent one that nobody does.
 */
class OpenApiFieldsTest {
    private static final String ADMIN = "a-key-for-the-tests";
    private static final String SIGN_IN = "POST /pipeline/session";

    @AutoClose
    private static final RunningApi api = RunningApi.start("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1");

    private static final DocumentedApi documented = new DocumentedApi(api);

    /** Sends each example of a JSON body without each field that is required, and with one that nobody knows. */
    @Test
    void fieldsAreThoseThatAreDocumented() {
        for (var operation : documented.operations()) {
            var media = documented
                    .document
                    .operation(operation)
                    .at("requestBody")
                    .at("content")
                    .at("application/json");
            var examples = Stream.concat(
                            Stream.of(media.node().path("example")),
                            OpenApiDocument.names(media.node().path("examples")).stream()
                                    .map(name -> media.node().at("/examples/" + name + "/value")))
                    .filter(example -> !example.isMissingNode())
                    .toList();
            assertThat(examples).hasSizeGreaterThan(media.node().isMissingNode() ? -1 : 0);
            for (var example : examples) {
                var whole = example.isArray() ? example.get(0) : example;
                for (var schema : shapes(documented.document.followed(media.at("schema")))) {
                    if (documented.document.problems(schema, whole).isEmpty()) {
                        fieldsOf(operation, schema, (ObjectNode) whole, example.isArray());
                    }
                }
            }
        }
    }

    /** The objects that a body, or an item of it, may be. */
    private static List<Found> shapes(Found schema) {
        if (schema.node().path("type").asText().equals("array")) {
            return shapes(documented.document.followed(schema.at("items")));
        }
        if (schema.node().has("properties")) {
            return List.of(schema);
        }
        var shapes = schema.at("oneOf");
        return IntStream.range(0, shapes.node().size())
                .mapToObj(i -> documented.document.followed(
                        new Found(shapes.pointer() + "/" + i, shapes.node().get(i))))
                .toList();
    }

    private static void fieldsOf(String operation, Found schema, ObjectNode example, boolean ofMany) {
        for (var field : OpenApiDocument.texts(schema.node().path("required"))) {
            var less = example.deepCopy().without(List.of(field));
            assertThat(documented.document.problems(schema, less)).isNotEmpty();
            // Work in S3 without its kind is work for a handler, which is then what is missing.
            var named = field.equals("source_type") ? "handler" : field;
            refusedFor(operation, less, ofMany, "INVALID_FIELD", named);
        }
        var more = example.deepCopy().put("nobody_knows_this", 1);
        assertThat(documented.document.problems(schema, more)).isNotEmpty();
        var refusal = refusedFor(operation, more, ofMany, "UNKNOWN_FIELD", "nobody_knows_this");
        var listed = new TreeSet<>(OpenApiDocument.names(schema.node().path("properties")));
        listed.remove("idempotency_key"); // what an item has beside what it shares with a submission
        assertThat(listed).as("%s knows", operation).containsExactlyElementsOf(known(refusal));
    }

    private static JsonNode refusedFor(String operation, JsonNode body, boolean ofMany, String code, String field) {
        var sent = ofMany ? Json.MAPPER.createArrayNode().add(body) : body;
        var answer = api.send(
                "POST",
                documented.path(operation),
                sent.toString().getBytes(StandardCharsets.UTF_8),
                "X-Admin-Key",
                ADMIN,
                "Content-Type",
                "application/json");
        documented.refused(ofMany ? 422 : 400, operation, answer);
        var problem = ofMany ? answer.json().at("/items/0/problem") : answer.json();
        assertThat(problem.path("code").asText()).as("%s", answer.text()).isEqualTo(code);
        assertThat(problem.at("/errors/0/field").asText())
                .as("%s", answer.text())
                .endsWith(field);
        return problem;
    }

    /** The names that the server says it knows. */
    private static TreeSet<String> known(JsonNode problem) {
        var names = problem.path("detail").asText().replaceFirst(".*known are ", "");
        return new TreeSet<>(names.isEmpty() ? List.of() : List.of(names.split(", ")));
    }

    @Test
    void parametersAreThoseThatAreDocumented() {
        for (var operation : documented.closed()) {
            if (operation.startsWith("GET ") || operation.startsWith("DELETE ")) {
                var listed = documented.document.parameters(operation).stream()
                        .filter(parameter -> parameter.path("in").asText().equals("query"))
                        .map(parameter -> parameter.path("name").asText())
                        .toList();
                var answer = documented.send(api, operation, "?nobody_knows_this=1", null, "X-Admin-Key", ADMIN);
                if (answer.status() == 400) {
                    documented.refused(400, operation, answer).isProblem(400, "UNKNOWN_FIELD", "nobody_knows_this");
                    assertThat(new TreeSet<>(listed)).as("%s", operation).isEqualTo(known(answer.json()));
                } else {
                    assertThat(listed).as("%s looks at no parameter", operation).isEmpty();
                }
            }
        }
    }

    @Test
    void headersAreThoseThatAreDocumented() {
        var signIn = ("{\"key\":\"" + ADMIN + "\"}").getBytes(StandardCharsets.UTF_8);
        var cookie = documented
                .send(api, SIGN_IN, "", signIn, "Content-Type", "application/json")
                .is(204)
                .header("Set-Cookie")
                .split(";")[0];
        for (var operation : documented.closed()) {
            var headers = documented.document.parameters(operation).stream()
                    .filter(parameter -> parameter.path("in").asText().equals("header"))
                    .map(parameter -> parameter.path("name").asText())
                    .toList();
            var signedIn = documented.send(api, operation, "", null, "Cookie", cookie, "Last-Event-ID", "none");
            assertThat(signedIn.status() == 403)
                    .as("%s wants the token: %s", operation, signedIn.text())
                    .isEqualTo(headers.contains("X-CSRF-Token"));
            var type = operation.equals("POST /pipeline/batch") ? "multipart/form-data" : "application/json";
            var keyed = new String[] {"X-Admin-Key", ADMIN, "Content-Type", type};
            for (var header : List.of("Idempotency-Key", "X-Realm", "Last-Event-ID")) {
                // Without a bad one the stream of events would not end.
                var bad = header.equals("Last-Event-ID") ? keyed : and(keyed, "Last-Event-ID", "none");
                var answer = documented.send(api, operation, "", null, and(bad, header, "two words"));
                assertThat(answer.text().contains("\"field\":\"" + header + "\""))
                        .as("%s looks at %s: %s", operation, header, answer.text())
                        .isEqualTo(headers.contains(header));
            }
        }
    }

    @Test
    void filterOfBulkActionsTakesWhatIsDocumented() {
        var operation = "POST /pipeline/jobs/bulk";
        var headers = new String[] {"X-Admin-Key", ADMIN, "Content-Type", "application/json"};
        var schema = documented.document.requestSchema(operation, "application/json");
        for (var members :
                List.of("\"filter\":{\"nobody_knows_this\":1}", "\"filter\":{}", "\"ids\":[]", "\"limit\":1")) {
            var body = ("{\"action\":\"cancel\"," + members + "}").getBytes(StandardCharsets.UTF_8);
            var refused = documented
                    .refused(400, operation, documented.send(api, operation, "", body, headers))
                    .json();
            assertThat(documented.document.problems(
                            schema, OpenApiDocument.json(new String(body, StandardCharsets.UTF_8))))
                    .isNotEmpty();
            if (refused.path("code").asText().equals("UNKNOWN_FIELD")) {
                var listed = documented.document.root.at("/components/schemas/BulkFilter/properties");
                assertThat(new TreeSet<>(OpenApiDocument.names(listed))).isEqualTo(known(refused));
            }
        }
    }

    @Test
    void formFieldsAreThoseThatAreDocumented() {
        for (var file :
                Map.of("/pipeline/enqueue", "file", "/pipeline/batch", "files").entrySet()) {
            var operation = "POST " + file.getKey();
            var text = "x".getBytes(StandardCharsets.UTF_8);
            var form = new Form()
                    .part("name=\"%s\"; filename=\"a\"".formatted(file.getValue()), text)
                    .field("nobody_knows_this", "1");
            var headers = new String[] {"X-Admin-Key", ADMIN, "Content-Type", form.contentType()};
            var problem = documented
                    .refused(400, operation, documented.send(api, operation, "", form.bytes(), headers))
                    .json();
            var known = known(problem);
            known.add(file.getValue());
            var schema = documented
                    .document
                    .requestSchema(operation, "multipart/form-data")
                    .node();
            assertThat(new TreeSet<>(OpenApiDocument.names(schema.path("properties"))))
                    .isEqualTo(known);
            var without = new Form().field("queue", "slow");
            documented
                    .refused(400, operation, documented.send(api, operation, "", without.bytes(), headers))
                    .isProblem(400, "MISSING_FILE", file.getValue());
            assertThat(OpenApiDocument.texts(schema.path("required"))).containsExactly(file.getValue());
        }
    }
}
