package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The document is one of OpenAPI 3.1, and each schema in it one of JSON Schema, by the schema that the OpenAPI Initiative publishes. */
class OpenApiSchemaTest {
    /** With the dialect that schemas are written in where a document names no other. */
    private static final JsonSchema OPENAPI = JsonSchemaFactory.getInstance(
                    VersionFlag.V202012,
                    some -> some.schemaMappers(
                            mappers -> mappers.mapPrefix("https://spec.openapis.org/", "classpath:spec.openapis.org/")))
            .getSchema(SchemaLocation.of("https://spec.openapis.org/oas/3.1/schema-base/2022-10-07"));

    @AutoClose
    private static final RunningApi api = RunningApi.start();

    private static final JsonNode document = OpenApiDocument.of(api).root;

    private static List<String> faults(JsonNode of) {
        return OPENAPI.validate(of).stream().map(ValidationMessage::toString).toList();
    }

    @Test
    void documentIsOneOfOpenApi() {
        assertThat(faults(document)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "gone",
            value = {
                "/info | version | gone",
                "`` | tag | []",
                "`` | openapi | '3.0.3'",
                "/paths | heartbeat | {}",
                "/paths/~1heartbeat/get | tags | 'one'",
                "/paths/~1heartbeat/get/responses | ok | {'description': ''}",
                "/paths/~1heartbeat/get/responses/200 | description | gone",
                "/components/securitySchemes | other | {'type': 'password'}",
                "/components/schemas/JobState | enum | 'queued'",
                "/components/schemas/Job | type | 'objekt'",
                "/components/schemas/Job | required | [1]",
                "/components/schemas/Job/properties | status | {'minLength': -1}"
            })
    void oneThatIsBrokenIsNot(String where, String member, String value) {
        var broken = document.deepCopy();
        var object = (ObjectNode) broken.at(where == null ? "" : where);
        if (value == null) {
            assertThat(object.remove(member)).isNotNull();
        } else {
            object.set(member, OpenApiDocument.json(value.replace('\'', '"')));
        }
        assertThat(faults(broken)).isNotEmpty();
    }
}
