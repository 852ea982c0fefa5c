package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The running server together with the document that it gives: requests are sent by the names of its operations. */
final class DocumentedApi {
    private static final String NOBODY = "01a20109-be74-7000-9b7e-bcbd8005ded9";

    final OpenApiDocument document;

    private final RunningApi api;

    DocumentedApi(RunningApi api) {
        this.api = api;
        document = OpenApiDocument.of(api);
    }

    List<String> operations() {
        return List.copyOf(document.operations().keySet());
    }

    /** Those that ask for a right. */
    List<String> closed() {
        return operations().stream()
                .filter(operation -> !right(operation).equals("open"))
                .toList();
    }

    String right(String operation) {
        return document.operation(operation).node().path("x-required-right").asText();
    }

    List<String> withStatus(String status) {
        return operations().stream()
                .filter(operation ->
                        document.operation(operation).node().path("responses").has(status))
                .toList();
    }

    /** Ids in it are of nothing that there is, but where the body is looked at only if somebody was asked. */
    String path(String operation) {
        var id = operation.contains("/response") ? asking() : NOBODY;
        return operation.split(" ")[1].replace("{queue}", "slow").replaceAll("\\{[^}]*}", id);
    }

    private String asking() {
        var claim = api.database.aJob().claimedBy("w");
        api.database.store().askPerson(claim, "review", "confirm", "{\"questions\":[]}");
        return claim.id().toString();
    }

    Answer send(RunningApi to, String operation, String query, byte[] body, String... headers) {
        return to.send(operation.split(" ")[0], path(operation) + query, body, headers);
    }

    /** Has this status, and is as the document says. */
    Answer refused(int status, String operation, Answer answer) {
        assertThat(answer.status()).as("%s: %s", operation, answer.text()).isEqualTo(status);
        return document.describes(operation, answer);
    }

    static String[] and(String[] headers, String... more) {
        return Stream.of(headers, more).flatMap(Arrays::stream).toArray(String[]::new);
    }

    static String[] key(String key) {
        return new String[] {"X-Api-Key", key};
    }
}
