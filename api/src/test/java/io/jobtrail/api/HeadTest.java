package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** HEAD of every path that takes GET, by everybody who may ask: the same answer without its body. */
class HeadTest {
    private static final String ADMIN = "the-admin-key-of-this-test";

    /** Others, as the length, differ from one moment to the next. */
    private static final List<String> LASTING =
            List.of("Content-Type", "Content-Disposition", "ETag", "Cache-Control", "WWW-Authenticate", "Retry-After");

    @AutoClose
    private static final RunningApi api = RunningApi.start("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1");

    private static final DocumentedApi documented = new DocumentedApi(api);
    private static final String readKey = api.newKey(ADMIN, "a", "read");
    private static final String job = aJob("a");
    private static final String foreign = aJob("b");
    private static final String ofDocument = aDocument();

    private static String aJob(String realm) {
        var claim = api.database.aJob().realm(realm).claimedBy("w");
        api.database.store().complete(claim, "{\"words\":3}");
        return claim.id().toString();
    }

    private static String aDocument() {
        return api.upload(Form.of("a.txt", new byte[3 << 20]), "X-Admin-Key", ADMIN, "X-Realm", "a")
                .is(202)
                .jobId()
                .toString();
    }

    static Stream<String> paths() {
        return documented.operations().stream()
                .filter(operation -> operation.startsWith("GET ") && !operation.endsWith("/events"))
                .map(operation -> operation.substring("GET ".length()))
                .flatMap(path -> path.contains("{id}")
                        ? Stream.of(job, ofDocument, foreign, "x").map(id -> path.replace("{id}", id))
                        : Stream.of(documented.path("GET " + path)));
    }

    @ParameterizedTest
    @MethodSource("paths")
    void isGetWithoutTheBody(String path) {
        for (var key : List.of("", "wrong", readKey, ADMIN)) {
            var headers = key.isEmpty() ? new String[0] : DocumentedApi.key(key);
            var get = api.send("GET", path, null, headers);
            var head = api.send("HEAD", path, null, headers);
            assertThat(head.status()).as("with %s", key).isEqualTo(get.status());
            assertThat(head.body()).isEmpty();
            for (var name : LASTING) {
                assertThat(head.header(name)).as("%s with %s", name, key).isEqualTo(get.header(name));
            }
        }
    }

    @Test
    void sizeOfAFileIsToldWithoutReadingIt() {
        var id = aDocument();
        api.database.asOwner(
                "DELETE FROM pipeline_document_parts WHERE document_id = (SELECT document_id FROM pipeline_jobs"
                        + " WHERE id = '" + id + "')");
        var path = "/pipeline/jobs/" + id + "/file";
        var head = api.send("HEAD", path, null, DocumentedApi.key(ADMIN)).is(200);
        assertThat(head.header("Content-Length")).isEqualTo(Integer.toString(3 << 20));
        assertThat(head.header("Content-Disposition")).contains("a.txt");
    }

    /** It would never end. */
    @Test
    void streamIsToldOfOnly() {
        var head = api.send("HEAD", "/pipeline/events", null, DocumentedApi.key(readKey))
                .is(200);
        assertThat(head.header("Content-Type")).startsWith("text/event-stream");
        assertThat(head.header("X-Accel-Buffering")).isEqualTo("no");
        assertThat(head.body()).isEmpty();
        api.send("HEAD", "/pipeline/events", null).is(401);
    }

    @Test
    void pathThatTakesNoGetTakesNoHead() {
        var refused = api.send("HEAD", "/pipeline/enqueue", null, DocumentedApi.key(ADMIN))
                .is(405);
        assertThat(refused.header("Allow")).isEqualTo("POST");
    }
}
