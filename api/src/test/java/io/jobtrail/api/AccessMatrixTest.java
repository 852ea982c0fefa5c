package io.jobtrail.api;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every route that the server has, against every kind of caller. A route that is not described here makes it fail: say who may
 * call it, whether its path names something of a realm, and what a request that makes sense sends.
 */
class AccessMatrixTest {
    private static final String ADMIN = "a-key-for-the-tests";
    private static final String JSON = "application/json";
    private static final String FORM = "multipart/form-data; boundary=b";
    private static final String FILES =
            "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.txt\"\r\n\r\ntext\r\n--b--\r\n";

    /** Who may call: the first letters of the roles, in this order. The admin may always. */
    private static final String ALL = "ero";

    private static final String NOBODY = "";

    /**
     * @param body JSON, or a form, in which $ID stands for the job; null = none
     * @param ofJob whether {id} is a job, which other realms must not know of
     */
    private record Described(String roles, boolean ofJob, String body) {
        static Described to(String roles) {
            return new Described(roles, false, null);
        }

        static Described to(String roles, String body) {
            return new Described(roles, false, body);
        }

        static Described ofJob(String roles) {
            return new Described(roles, true, null);
        }

        static Described ofJob(String roles, String body) {
            return new Described(roles, true, body);
        }
    }

    private static final List<String> OPEN = List.of(
            "POST /pipeline/session",
            "GET /heartbeat",
            "GET /health",
            "GET /health/ready",
            "GET /openapi.json",
            "GET /docs",
            "GET /docs/docs.js",
            "GET /docs/docs.css",
            "GET /",
            "GET /dashboard/{file}");

    private static final Map<String, Described> CLOSED = Map.ofEntries(
            entry("POST /pipeline/enqueue", Described.to("eo", "{\"handler\":\"echo\"}")),
            entry("GET /pipeline/status/{id}", Described.ofJob(ALL)),
            entry("POST /pipeline/enqueue/batch", Described.to("eo", "[{\"handler\":\"echo\"}]")),
            entry("POST /pipeline/batch", Described.to("eo", FILES)),
            entry("GET /pipeline/batch-status/{batch_id}", Described.to(ALL)),
            entry("GET /pipeline/queues", Described.to(NOBODY)),
            entry("POST /pipeline/queues/{queue}", Described.to(NOBODY, "{\"action\":\"resume\"}")),
            entry("GET /pipeline/workers", Described.to(NOBODY)),
            entry("GET /pipeline/events", Described.to("ro")),
            entry("GET /pipeline/jobs/recent", Described.to("ro")),
            entry("GET /pipeline/jobs/{id}/history", Described.ofJob("ro")),
            entry("GET /pipeline/jobs/{id}/result", Described.ofJob("ro")),
            entry("GET /pipeline/jobs/{id}/chunks", Described.ofJob("ro")),
            entry("GET /pipeline/jobs/{id}/file", Described.ofJob("ro")),
            entry("POST /pipeline/jobs/bulk", Described.to("o", "{\"action\":\"cancel\",\"ids\":[\"$ID\"]}")),
            entry("POST /pipeline/jobs/{id}", Described.ofJob("o", "{\"action\":\"cancel\"}")),
            entry("DELETE /pipeline/jobs/{id}", Described.ofJob("o")),
            entry("GET /pipeline/hitl/{id}/prompt", Described.ofJob("ro")),
            entry("POST /pipeline/hitl/{id}/response", Described.ofJob("o", "{\"answer\":\"yes\"}")),
            entry("GET /pipeline/stats", Described.to("ro")),
            entry("GET /pipeline/session", Described.to(ALL)),
            entry("DELETE /pipeline/session", Described.to(ALL)),
            entry("POST /pipeline/keys", Described.to(NOBODY, "{\"realm\":\"a\",\"role\":\"read\",\"label\":\"x\"}")),
            entry("GET /pipeline/keys", Described.to(NOBODY)),
            entry("DELETE /pipeline/keys/{id}", Described.to(NOBODY)),
            entry("GET /pipeline/access-events", Described.to(NOBODY)),
            entry("GET /metrics", Described.to(NOBODY)));

    private static RunningApi api;
    private static String enqueueKey;
    private static String readKey;
    private static String operateKey;
    private static String strangersKey;

    @BeforeAll
    static void start() {
        api = RunningApi.start("ADMIN_API_KEY", ADMIN, "HOST", "127.0.0.1", "TRUSTED_PROXIES", "1");
        enqueueKey = api.newKey(ADMIN, "a", "enqueue");
        readKey = api.newKey(ADMIN, "a", "read");
        operateKey = api.newKey(ADMIN, "a", "operate");
        strangersKey = api.newKey(ADMIN, "b", "operate");
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    static Stream<String> closed() {
        return CLOSED.keySet().stream().sorted();
    }

    static Stream<String> ofJobs() {
        return closed().filter(route -> CLOSED.get(route).ofJob());
    }

    @Test
    void everyRouteOfTheServerIsDescribedHere() {
        var served =
                api.server.routes().stream().filter(route -> route.matches("(GET|POST|PUT|PATCH|DELETE|OPTIONS) .*"));
        assertThat(served)
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(OPEN.stream(), CLOSED.keySet().stream()).toList());
    }

    @Test
    void headIsServedWhereGetIs() {
        assertThat(paths("HEAD ")).isNotEmpty().containsExactlyInAnyOrderElementsOf(paths("GET "));
    }

    private static List<String> paths(String method) {
        return api.server.routes().stream()
                .filter(route -> route.startsWith(method))
                .map(route -> route.substring(method.length()))
                .toList();
    }

    @Test
    void openRoutesAskForNoKey() {
        for (var route : OPEN) {
            assertThat(send(route, null, UUID.randomUUID()).status()).as(route).isNotIn(401, 403, 404, 500);
        }
    }

    @ParameterizedTest
    @MethodSource("closed")
    void withoutAKeyOrWithAWrongOneNothingIsServed(String route) {
        var job = aJob();
        var refused = send(route, null, job).isProblem(401, "UNAUTHORIZED", "X-Admin-Key");
        assertThat(refused.header("WWW-Authenticate")).isEqualTo("Bearer");
        for (var wrong : List.of("x", ADMIN + "x", operateKey + "0", KnownKeys.newKey(), operateKey.toUpperCase())) {
            send(route, wrong, job).isProblem(401, "UNAUTHORIZED", "Authorization");
        }
        assertThat(api.column(job, "version")).isEqualTo("1");
    }

    @ParameterizedTest
    @MethodSource("closed")
    void eachRoleMayDoWhatIsItsOwn(String route) {
        var roles = CLOSED.get(route).roles();
        assertThat(send(route, ADMIN, aJob()).status()).as("admin").isNotIn(401, 403, 405, 415, 500);
        for (var key : Map.of("e", enqueueKey, "r", readKey, "o", operateKey).entrySet()) {
            var job = aJob();
            var answer = send(route, key.getValue(), job);
            if (roles.contains(key.getKey())) {
                assertThat(answer.status()).as(key.getKey()).isNotIn(401, 403, 405, 415, 500);
            } else {
                answer.isProblem(403, "FORBIDDEN", null);
                assertThat(api.column(job, "version")).isEqualTo("1");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ofJobs")
    void jobOfAnotherRealmIsAnsweredAsOneThatDoesNotExist(String route) {
        var job = aJob();
        var nobody = UUID.fromString("01a20109-be74-7000-9b7e-bcbd8005ded9");
        var foreign = send(route, strangersKey, job).isProblem(404, "NOT_FOUND", null);
        var random = send(route, strangersKey, nobody).is(404);
        assertThat(told(foreign, job)).isEqualTo(told(random, nobody));
        assertThat(told(foreign, job)).isEqualTo(told(send(route, operateKey, nobody), nobody));
        assertThat(api.column(job, "version")).isEqualTo("1");
        assertThat(api.column(job, "deleted_at")).isNull();
        assertThat(api.column(job, "cancel_requested")).isEqualTo("false");
        // And it is there: its own realm is told something else.
        assertThat(told(send(route, operateKey, job), job)).isNotEqualTo(told(random, nobody));
    }

    @Test
    void roleIsRefusedBeforeTheJobIsLookedFor() {
        for (var id : List.of(aJob(), UUID.randomUUID())) {
            send("DELETE /pipeline/jobs/{id}", api.newKey(ADMIN, "b", "read"), id)
                    .isProblem(403, "FORBIDDEN", null);
        }
    }

    /**
     * Everything that the caller can see but what is new with each request. A connection is closed if the body, which is not read in
     * either case, has not arrived when the answer is written.
     */
    private static String told(Answer answer, UUID id) {
        var headers = new java.util.TreeMap<>(answer.headers().map());
        headers.keySet()
                .removeIf(name -> List.of("date", "x-request-id", "ratelimit", "connection")
                        .contains(name.toLowerCase()));
        return answer.status() + " " + headers + " "
                + answer.text().replace(id.toString(), "ID").replace(answer.header("X-Request-Id"), "REQUEST");
    }

    private static UUID aJob() {
        return api.upload(
                        Form.of("a.txt", "text".getBytes(StandardCharsets.UTF_8)), "X-Admin-Key", ADMIN, "X-Realm", "a")
                .is(202)
                .jobId();
    }

    private static Answer send(String route, String key, UUID id) {
        var described = CLOSED.get(route);
        var body = described == null || described.body() == null
                ? null
                : described.body().replace("$ID", id.toString()).getBytes(StandardCharsets.UTF_8);
        var path = route.split(" ")[1].replace("{file}", "app.js").replaceAll("\\{[^}]*}", id.toString());
        var headers = Stream.of(
                        RunningApi.fromElsewhere(),
                        Stream.of("Last-Event-ID", "none"), // else a stream of events would never end
                        body == null
                                ? Stream.<String>empty()
                                : Stream.of("Content-Type", described.body().startsWith("--b") ? FORM : JSON),
                        key == null ? Stream.<String>empty() : Stream.of("Authorization", "Bearer " + key))
                .flatMap(pair -> pair)
                .toArray(String[]::new);
        return api.send(route.split(" ")[0], path, body, headers);
    }
}
