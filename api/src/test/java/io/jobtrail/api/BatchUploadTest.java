package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Many files in one request. */
class BatchUploadTest {
    private static final int MAX_UPLOAD = 600_000;
    private static final int MAX_BATCH = 1_000_000;

    @AutoClose
    private final RunningApi api =
            RunningApi.start("MAX_UPLOAD_BYTES", "" + MAX_UPLOAD, "MAX_BATCH_BYTES", "" + MAX_BATCH);

    private static Answer send(RunningApi api, Form form, String... headers) {
        var all = new ArrayList<>(List.of(headers));
        all.addAll(List.of("Content-Type", form.contentType()));
        return api.send("POST", "/pipeline/batch", form.bytes(), all.toArray(String[]::new));
    }

    private Answer send(Form form, String... headers) {
        return send(api, form, headers);
    }

    private static Form files(String... texts) {
        var form = new Form();
        for (int i = 0; i < texts.length; i++) {
            form = add(form, "file-" + i + ".txt", texts[i].getBytes(StandardCharsets.UTF_8));
        }
        return form;
    }

    private static Form add(Form form, String name, byte[] bytes) {
        return form.part("name=\"files\"; filename=\"" + name + "\"\r\nContent-Type: text/plain", bytes);
    }

    private static List<UUID> ids(Answer answer) {
        return Stream.of(answer.json().path("job_ids"))
                .flatMap(ids -> StreamSupport.stream(ids.spliterator(), false))
                .map(JsonNode::asText)
                .map(UUID::fromString)
                .toList();
    }

    @Test
    void eachFileIsAJobWithTheSameFields() throws IOException {
        var pdf = Files.readAllBytes(Path.of("../samples/memo.pdf"));
        var large = "x".repeat(Staging.IN_MEMORY_BYTES + 10);
        var form = add(files("first", large), "memo.pdf", pdf)
                .field("max_attempts", "3")
                .field("options", "{\"a\":1}")
                .field("review", "true");
        var answer = send(form, "X-Realm", "acme").is(202);
        assertThat(answer.json().fieldNames())
                .toIterable()
                .containsExactly("batch_id", "job_ids", "already_existed", "status_url");
        assertThat(answer.header("Location"))
                .isEqualTo("/pipeline/batch-status/"
                        + answer.json().path("batch_id").asText());
        var ids = ids(answer);
        assertThat(ids).hasSize(3);
        for (var id : ids) {
            assertThat(api.column(id, "realm || max_attempts || (payload->>'review')"))
                    .isEqualTo("acme3true");
            assertThat(api.column(id, "batch_id"))
                    .isEqualTo(answer.json().path("batch_id").asText());
        }
        assertThat(api.column(ids.get(0), "queue")).isEqualTo("default");
        assertThat(api.column(ids.get(2), "queue")).as("by its pages").isEqualTo("urgent");
        assertThat(api.column(ids.get(1), "payload->>'filename'")).isEqualTo("file-1.txt");
        assertThat(api.get("/pipeline/jobs/" + ids.get(0) + "/file").body()).isEqualTo("first".getBytes());
        assertThat(api.get("/pipeline/jobs/" + ids.get(1) + "/file").body()).isEqualTo(large.getBytes());
        assertThat(api.get("/pipeline/jobs/" + ids.get(2) + "/file").body()).isEqualTo(pdf);
        api.assertHolds(3, 3);
    }

    @Test
    void theSameKeyStandsForTheSameFilesInTheirOrder() {
        var first = send(files("a", "b"), "Idempotency-Key", "k").is(202);
        var again = send(files("a", "b"), "Idempotency-Key", "k").is(200);
        assertThat(ids(again)).isEqualTo(ids(first));
        assertThat(again.json().path("batch_id")).isEqualTo(first.json().path("batch_id"));
        assertThat(again.json().path("already_existed").asBoolean()).isTrue();
        api.assertHolds(2, 2);
        for (var other : List.of(files("a"), files("b", "a"), files("a", "b", "c"))) {
            send(other, "Idempotency-Key", "k")
                    .isProblem(422, "IDEMPOTENCY_KEY_REUSED", "Idempotency-Key")
                    .says("Idempotency-Key k was sent before");
        }
        send(files("a", "b").field("options", "{}"), "Idempotency-Key", "k").is(422);
        api.assertHolds(2, 2);
        send(files("a", "b"), "Idempotency-Key", "k", "X-Realm", "other").is(202);
        send(files("a", "b")).is(202);
        api.assertHolds(6, 6);
    }

    @Test
    void anAnswerThatIsLostCostsNothingAndDoublesNothing() throws IOException {
        try (var proxy = TcpProxy.to(TestServers.postgres().port());
                var behind = RunningApi.through(proxy)) {
            proxy.cutAnswerTo("enqueue_jobs");
            var answer = send(behind, files("a", "b"), "Idempotency-Key", "k").is(202);
            assertThat(answer.json().path("already_existed").asBoolean()).isFalse();
            behind.assertHolds(2, 2);

            proxy.cutAnswersTo("enqueue_jobs", 2);
            send(behind, files("c", "d"), "Idempotency-Key", "l")
                    .isProblem(503, "DATABASE_UNAVAILABLE", null)
                    .says("unknown", "batch");
            assertThat(ids(send(behind, files("c", "d"), "Idempotency-Key", "l")))
                    .hasSize(2);
            behind.assertHolds(4, 4);
        }
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                bad("no file", new Form().field("queue", "slow"), 400, "MISSING_FILE", "files", "files"),
                bad("file", Form.of("a.txt", "a".getBytes()), 400, "MISSING_FILE", "files", "files"),
                bad("empty", files("a", "", "c"), 400, "EMPTY_FILE", "files[1]", "no bytes"),
                bad("queue", files("a").field("queue", "fast"), 400, "UNKNOWN_QUEUE", "queue", "urgent"),
                bad("handler", files("a").field("handler", "nobody"), 400, "UNKNOWN_HANDLER", "handler", "echo"),
                bad("unknown", files("a").field("priority", "1"), 400, "UNKNOWN_FIELD", "priority", "known"),
                bad("input", files("a").field("input", "{}"), 400, "UNKNOWN_FIELD", "input", "known"),
                bad("attempts", files("a").field("max_attempts", "0"), 400, "INVALID_FIELD", "max_attempts", "1000"),
                bad(
                        "twice",
                        files("a").field("queue", "slow").field("queue", "slow"),
                        400,
                        "INVALID_FIELD",
                        "queue",
                        "once"),
                bad(
                        "large",
                        files("a", "x".repeat(MAX_UPLOAD + 1)),
                        413,
                        "BODY_TOO_LARGE",
                        "files[1]",
                        "" + MAX_UPLOAD),
                bad(
                        "large together",
                        files("x".repeat(MAX_UPLOAD), "x".repeat(MAX_UPLOAD - 1)),
                        413,
                        "BODY_TOO_LARGE",
                        "files",
                        "" + MAX_BATCH),
                bad("many", files("a,".repeat(1_001).split(",")), 400, "TOO_MANY_FILES", "files", "1001"),
                bad("parts", files("a,".repeat(1_200).split(",")), 400, "MALFORMED_MULTIPART", null, "1099"));
    }

    private static Arguments bad(String name, Form form, int status, String code, String field, String words) {
        return Arguments.of(name, form, status, code, field, words);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    void badFormIsRefusedByNameAndLeavesNothing(
            String name, Form form, int status, String code, String field, String words) {
        send(form).isProblem(status, code, field).says(words);
        api.assertNothingIsLeft();
    }

    @Test
    void whatIsNoFormIsRefused() throws IOException {
        api.send("POST", "/pipeline/batch", "{}".getBytes(), "Content-Type", "application/json")
                .isProblem(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
        send(files("a"), "Idempotency-Key", "a b").isProblem(400, "INVALID_FIELD", "Idempotency-Key");
        send(files("a"), "X-Realm", "a/b").isProblem(400, "INVALID_FIELD", "X-Realm");
        assertThat(api.raw(
                        "POST /pipeline/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                                + "Content-Length: 10000000000\r\n\r\n"))
                .startsWith("HTTP/1.1 413")
                .contains("BODY_TOO_LARGE", "files");
        api.assertNothingIsLeft();
    }

    @Test
    void aThousandFilesAreOneBatch() {
        var answer = send(files("abcdef,".repeat(1_000).split(","))).is(202);
        assertThat(ids(answer)).hasSize(1_000);
        api.assertHolds(1_000, 1_000);
    }
}
