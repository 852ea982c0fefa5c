package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What no route takes, whatever it is for. The routes are those of the document, so that a new one is tried without a line here. */
class EveryRouteTest {
    private static final List<String> METHODS = List.of("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "NONSENSE");

    @AutoClose
    private static final RunningApi api = RunningApi.start();

    @RegisterExtension
    static final LeftUnchanged leftUnchanged = new LeftUnchanged(api);

    private static final DocumentedApi documented = new DocumentedApi(api);
    private static final String asking =
            documented.path("POST /pipeline/hitl/{id}/response").split("/")[3];

    private static List<String> operations(Predicate<String> which) {
        var found = documented.operations().stream()
                .filter(operation -> operation.contains("/pipeline/"))
                .filter(which)
                .toList();
        assertThat(found).isNotEmpty();
        return found;
    }

    @Test
    void otherMethodsAre405AndTheRightOnesAreNamed() {
        for (var path : new TreeSet<>(documented.operations().stream()
                .map(operation -> operation.split(" ")[1])
                .toList())) {
            var allowed = METHODS.stream()
                    .filter(method -> documented.operations().contains(method + " " + path))
                    .toList();
            for (var method : METHODS) {
                if (!allowed.contains(method)) {
                    isRefused(method, path, allowed);
                    if (!path.equals("/")) {
                        isRefused(method, path + "/", allowed); // the same to the router
                    }
                }
            }
        }
    }

    private static void isRefused(String method, String path, List<String> allowed) {
        var answer = send(method + " " + path, "", null);
        answer.isProblem(405, "METHOD_NOT_ALLOWED", null).says(allowed.toArray(String[]::new));
        assertThat(Arrays.asList(answer.header("Allow").split(", ")))
                .as("%s %s", method, path)
                .containsAll(allowed)
                .doesNotContain(method)
                .isSorted();
    }

    @Test
    void methodsThatStepsOfTheServerAreNamedAfterAreTreatedAlike() {
        for (var method : List.of("BEFORE", "AFTER", "BEFORE_MATCHED")) {
            api.send(method, "/pipeline/stats", null)
                    .isProblem(405, "METHOD_NOT_ALLOWED", null)
                    .says("GET");
            api.send(method, "/nothing", null).isProblem(404, "NOT_FOUND", null);
        }
    }

    @Test
    void parameterThatIsNotKnownIsNamed() {
        for (var operation : operations(any -> true)) {
            var answer = send(operation, "?nonsense=1", null, "Content-Type", "application/json");
            assertThat(answer.status()).as(operation).isEqualTo(400);
            answer.isProblem(400, "UNKNOWN_FIELD", "nonsense").says("nonsense");
        }
    }

    @Test
    void parameterThatStandsTwiceIsNamed() {
        for (var operation : operations(any -> true)) {
            for (var parameter : documented.document.parameters(operation)) {
                if (parameter.path("in").asText().equals("query")) {
                    var name = parameter.path("name").asText();
                    send(operation, "?" + name + "=1&" + name + "=1", null)
                            .isProblem(400, "INVALID_FIELD", name)
                            .says("more than once");
                }
            }
        }
    }

    @Test
    void idThatIsNoneIsNamed() {
        for (var operation : operations(any -> any.contains("id}"))) {
            var parts = operation.split(" ");
            var name = parts[1].contains("batch_id") ? "batch_id" : "id";
            for (var id : List.of(
                    "1", "bulk2", "0190e2a4-5b6c-7d8e-9fa0-b1c2d3e4f50", "%27%20OR%201=1", "..%00", "\uD83D\uDE00")) {
                var sent =
                        java.net.URLEncoder.encode(id, StandardCharsets.UTF_8).replace("%25", "%");
                var answer = api.send(
                        parts[0],
                        parts[1].replaceAll("\\{[^}]*}", sent),
                        parts[0].equals("POST") ? "{}".getBytes(StandardCharsets.UTF_8) : null,
                        "Content-Type",
                        "application/json");
                assertThat(answer.status())
                        .as("%s with %s: %s", operation, id, answer.text())
                        .isEqualTo(400);
                if (!id.contains("%00")) {
                    answer.isProblem(400, "INVALID_ID", name).says("0190e2a4");
                }
            }
        }
    }

    @Test
    void bodyThatIsNoJsonIsRefusedWhereverJsonIsTaken() {
        var broken = List.of(
                "{",
                "[",
                "{\"a\":}",
                "nonsense",
                "{\"a\":1,\"a\":1}",
                "{\"a\":NaN}",
                "{\"a\":1e400}",
                "[".repeat(100_000),
                "{\"a\":".repeat(100_000));
        for (var operation : operations(EveryRouteTest::takesJson)) {
            for (var body : broken) {
                if (operation.contains("/session") && body.length() > 4_000) {
                    continue; // too long there
                }
                var answer = post(operation, "application/json", body);
                assertThat(answer.status()).as("%s %.50s", operation, body).isEqualTo(400);
                assertThat(answer.json().path("code").asText())
                        .as("%s %.50s", operation, body)
                        .isEqualTo("MALFORMED_JSON");
            }
            for (var body : List.of("1", "null", "\"a\"", operation.contains("enqueue/batch") ? "{}" : "[]")) {
                assertThat(post(operation, "application/json", body).status())
                        .as("%s %s", operation, body)
                        .isEqualTo(400);
            }
        }
    }

    @Test
    void memberThatIsNotKnownIsNamed() {
        for (var operation : operations(EveryRouteTest::takesJson)) {
            if (operation.endsWith("/enqueue") || operation.endsWith("/enqueue/batch")) {
                continue; // one has to be right first, see BadJsonTest and BatchTest
            }
            post(operation, "application/json", "{\"nonsense\":1}").isProblem(400, "UNKNOWN_FIELD", "nonsense");
        }
    }

    @Test
    void bodyOfAnotherTypeIsRefused() {
        for (var operation : operations(any -> any.startsWith("POST"))) {
            for (var type : List.of("text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense")) {
                post(operation, type, "{}").isProblem(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
            }
        }
    }

    private static boolean takesJson(String operation) {
        return documented
                .document
                .operation(operation)
                .node()
                .path("requestBody")
                .path("content")
                .has("application/json");
    }

    private static Answer post(String operation, String type, String body) {
        return send(operation, "", body.getBytes(StandardCharsets.UTF_8), "Content-Type", type);
    }

    /** About one job that asks somebody, whatever the id is of: the others are refused before anything is looked up. */
    private static Answer send(String operation, String query, byte[] body, String... headers) {
        var path = operation.split(" ")[1].replace("{queue}", "slow").replaceAll("\\{[^}]*}", asking);
        return api.send(operation.split(" ")[0], path + query, body, headers);
    }
}
