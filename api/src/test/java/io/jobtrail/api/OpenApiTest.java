package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.api.OpenApiDocument.Found;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/**
 * The document in itself: it names what the program has, neither more nor less, and describes it in the same way everywhere. That
 * it is well formed is the matter of {@link OpenApiSchemaTest}.
 */
class OpenApiTest {
    /** Objects that take or hold whatever somebody else puts there. */
    private static final Set<String> FREE = Set.of("payload", "metadata", "metrics", "options", "input", "Question");

    /** Members that an answer may be without; all others are always there. */
    private static final Set<String> MAY_BE_MISSING = Set.of(
            "FieldError.pointer",
            "FieldError.line",
            "FieldError.column",
            "Problem.errors",
            "Problem.items",
            "Problem.job_status",
            "ItemProblem.errors",
            "AcceptedItems.status_url",
            "AcceptedFiles.status_url",
            "BulkResult.code",
            "BulkResult.detail");

    @AutoClose
    private static final RunningApi api = RunningApi.start();

    private static final OpenApiDocument document = OpenApiDocument.of(api);

    @Test
    void operationsAreTheRoutesOfTheServer() {
        var routes =
                api.server.routes().stream().filter(route -> route.matches("(GET|POST|PUT|PATCH|DELETE|OPTIONS) .*"));
        assertThat(document.operations().keySet()).containsExactlyInAnyOrderElementsOf(routes.toList());
    }

    @Test
    void variablesOfPathsAreTheParametersOfPaths() {
        for (var operation : document.operations().keySet()) {
            var variables = Arrays.stream(operation.split("[{}]"))
                    .skip(1)
                    .filter(part -> !part.startsWith("/"))
                    .toList();
            var parameters = document.parameters(operation).stream()
                    .filter(parameter -> parameter.path("in").asText().equals("path"))
                    .peek(parameter ->
                            assertThat(parameter.path("required").asBoolean()).isTrue())
                    .map(parameter -> parameter.path("name").asText())
                    .toList();
            assertThat(parameters).as(operation).containsExactlyInAnyOrderElementsOf(variables);
        }
    }

    @Test
    void codesAreThoseOfTheProgram() {
        var schema = document.root.at("/components/schemas/ErrorCode");
        assertThat(OpenApiDocument.texts(schema.path("enum")))
                .containsExactly(
                        Arrays.stream(ErrorCode.values()).map(Enum::name).toArray(String[]::new));
        assertThat(OpenApiDocument.names(schema.path("x-codes"))).hasSize(ErrorCode.values().length);
        for (var code : ErrorCode.values()) {
            var described = schema.path("x-codes").path(code.name());
            assertThat(described.path("status").asInt()).as("%s", code).isEqualTo(code.status);
            assertThat(described.path("title").asText()).as("%s", code).isEqualTo(code.title);
        }
    }

    @Test
    void eachRefusalListsTheCodesOfItsStatus() {
        var listed = new TreeSet<String>();
        for (var response : document.root.at("/components/responses")) {
            var refusal = response.at("/content/application~1problem+json/schema/allOf/1/properties");
            int status = refusal.at("/status/const").asInt();
            var codes = Arrays.stream(ErrorCode.values())
                    .filter(code -> code.status == status)
                    .map(Enum::name)
                    .toArray(String[]::new);
            assertThat(OpenApiDocument.texts(refusal.at("/code/enum"))).containsExactly(codes);
            listed.addAll(List.of(codes));
        }
        assertThat(listed).hasSize(ErrorCode.values().length);
        document.operations().forEach((name, operation) -> {
            var responses = operation.at("responses");
            OpenApiDocument.names(responses.node()).forEach(status -> {
                var code = document.followed(responses.at(status))
                        .node()
                        .at("/content/application~1problem+json/schema/allOf/1/properties/status/const");
                assertThat(code.asText(status)).as("%s %s", name, status).isEqualTo(status);
            });
        });
    }

    @Test
    void namesOfStatesQueuesRolesAndRightsAreThoseOfTheProgram() {
        hasEnum("JobState", Arrays.stream(JobState.values()).map(JobState::wireName));
        hasEnum("QueueName", QueueName.wireNames().stream());
        hasEnum("RealmRole", Role.ofRealms().stream().map(Role::wireName));
        hasEnum(
                "Right",
                Arrays.stream(Right.values())
                        .filter(right -> right != Right.OPEN)
                        .map(Right::wireName));
    }

    private static void hasEnum(String schema, Stream<String> values) {
        assertThat(OpenApiDocument.texts(document.root.at("/components/schemas/" + schema + "/enum")))
                .containsExactlyElementsOf(values.toList());
    }

    @Test
    void versionIsThatOfTheProgram() throws IOException {
        assertThat(Files.readString(Path.of("pom.xml")))
                .contains("<version>" + document.root.at("/info/version").asText() + "</version>");
    }

    @Test
    void everyOperationIsDescribed() {
        assertThat(document.root.path("openapi").asText()).matches("3\\.1\\.\\d+");
        var tags = document.root.path("tags").findValuesAsText("name");
        var ids = new ArrayList<String>();
        document.operations().forEach((name, found) -> {
            var operation = found.node();
            onlyHas(
                    name,
                    operation,
                    "operationId tags summary description security parameters requestBody responses "
                            + "x-required-right");
            assertThat(operation.path("summary").asText()).as(name).isNotBlank();
            assertThat(operation.path("description").asText()).as(name).contains("For: ");
            assertThat(tags).as(name).containsAll(OpenApiDocument.texts(operation.path("tags")));
            boolean open = operation.path("x-required-right").asText().equals("open");
            assertThat(operation.has("security")).as("%s is open to all", name).isEqualTo(open);
            assertThat(operation.path("security")).as(name).isEmpty();
            ids.add(operation.path("operationId").asText());
            var parameters = document.parameters(name);
            var keys = parameters.stream()
                    .map(one -> one.path("in").asText() + " " + one.path("name").asText());
            assertThat(keys).as(name).doesNotHaveDuplicates();
            for (var parameter : parameters) {
                onlyHas(name, parameter, "name in required description schema example");
                assertThat(parameter.has("schema")).as(name).isTrue();
            }
            var responses = found.at("responses");
            assertThat(OpenApiDocument.names(responses.node())).as(name).anyMatch(status -> status.startsWith("2"));
            OpenApiDocument.names(responses.node()).forEach(status -> {
                var response = document.followed(responses.at(status)).node();
                onlyHas(name, response, "description headers content");
                assertThat(response.path("description").asText()).as(name).isNotBlank();
            });
        });
        assertThat(ids).doesNotContain("").doesNotHaveDuplicates();
    }

    private static void onlyHas(String where, JsonNode object, String names) {
        assertThat(OpenApiDocument.names(object)).as(where).isSubsetOf(names.split(" "));
    }

    @Test
    void everyReferenceLeadsSomewhereAndEveryComponentIsUsed() {
        var used = new HashSet<String>();
        walk((at, name) -> {
            if (at.node().path("$ref").isTextual()) {
                assertThat(at.node()).as(at.pointer()).hasSizeLessThanOrEqualTo(2); // a description beside it
                document.followed(at);
                used.add(at.node().path("$ref").asText());
            }
        });
        for (var kind : List.of("schemas", "responses", "parameters", "headers")) {
            for (var name : OpenApiDocument.names(document.root.at("/components/" + kind))) {
                if (!name.equals("MethodNotAllowed")) { // is said once, of all paths
                    assertThat(used).contains("#/components/" + kind + "/" + name);
                }
            }
        }
        var schemes = OpenApiDocument.names(document.root.at("/components/securitySchemes"));
        var asked = new ArrayList<String>();
        document.root.path("security").forEach(one -> asked.addAll(OpenApiDocument.names(one)));
        assertThat(asked).containsExactlyElementsOf(schemes);
    }

    @Test
    void schemasAreSchemas() {
        walk((at, name) -> {
            if (name.equals("schema") || at.pointer().matches("/components/schemas/[^/]*")) {
                assertThat(document.faults(at.node())).as(at.pointer()).isEmpty();
            }
        });
    }

    /** Else a field that nobody described would not be noticed, or one that is gone. */
    @Test
    void objectsSayWhatIsInThem() {
        walk((at, name) -> {
            var schema = at.node();
            var closed = schema.path("additionalProperties");
            if (!schema.has("type") || !schema.has("properties") && closed.isMissingNode()) {
                return;
            }
            assertThat(closed.isBoolean())
                    .as("%s says whether there is more", at.pointer())
                    .isTrue();
            assertThat(closed.asBoolean()).as(at.pointer()).isEqualTo(FREE.contains(name));
            if (isOfAnswers(name)) {
                var missing = new TreeSet<>(OpenApiDocument.names(schema.path("properties")));
                missing.removeAll(OpenApiDocument.texts(schema.path("required")));
                missing.removeIf(member -> MAY_BE_MISSING.contains(name + "." + member));
                assertThat(missing)
                        .as("members of %s that are not required", at.pointer())
                        .isEmpty();
            }
        });
    }

    /** Not what callers send, in which only few members are required; and not what is free. */
    private static boolean isOfAnswers(String schema) {
        return schema.equals("RefusedItem")
                || !FREE.contains(schema)
                        && !schema.equals("SomeStateCounts")
                        && !schema.matches(".*(Submission|Item|Request|Filter|Action)|Response|SignIn|NewKey");
    }

    @Test
    void examplesAreExamples() {
        walk((at, name) -> {
            var schema = at.at("schema");
            if (schema.node().isMissingNode() || at.node().has("x-event-data")) {
                return;
            }
            if (at.node().has("example")) {
                assertThat(document.problems(schema, at.node().path("example")))
                        .as(at.pointer())
                        .isEmpty();
            }
            for (var example : at.node().path("examples")) {
                assertThat(document.problems(schema, example.path("value")))
                        .as(at.pointer())
                        .isEmpty();
            }
            if (name.endsWith("json") && !at.pointer().contains("~1openapi.json")) {
                assertThat(at.node().has("example") || at.node().has("examples"))
                        .as("%s has an example", at.pointer())
                        .isTrue();
            }
        });
    }

    /** Every object of the document but those within examples, with the name that it has where it stands. */
    private static void walk(BiConsumer<Found, String> visit) {
        walk(new Found("", document.root), "", visit);
    }

    private static void walk(Found at, String name, BiConsumer<Found, String> visit) {
        if (at.node().isObject()) {
            visit.accept(at, name);
            OpenApiDocument.names(at.node()).stream()
                    .filter(member -> !member.equals("example") && !member.equals("examples"))
                    .forEach(member -> walk(at.at(member), member, visit));
        } else if (at.node().isArray()) {
            IntStream.range(0, at.node().size())
                    .forEach(i ->
                            walk(new Found(at.pointer() + "/" + i, at.node().get(i)), name, visit));
        }
    }
}
