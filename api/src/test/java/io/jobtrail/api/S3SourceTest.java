package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.jobtrail.testbed.S3Server;
import io.jobtrail.testing.S3Objects;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class S3SourceTest {
    private static S3Server s3;
    private static S3Objects objects;

    @AutoClose
    private final RunningApi api = serving(s3.url());

    @BeforeAll
    static void startS3() {
        s3 = S3Server.start();
        objects = S3Objects.inNewBucket(s3.url(), "papers");
    }

    @AfterAll
    static void stopS3() {
        objects.close();
        s3.close();
    }

    private static RunningApi serving(String url) {
        S3Objects.useTestCredentials();
        return RunningApi.start("S3_BUCKET", "papers", "S3_ENDPOINT", url, "MAX_UPLOAD_BYTES", "100");
    }

    private static String source(String key) {
        return source(key, "");
    }

    private static String source(String key, String more) {
        return "{\"source_type\":\"s3\",\"s3_key\":\"%s\"%s}".formatted(key, more);
    }

    @Test
    void theObjectIsNamedInThePayloadAndItsBytesStayWhereTheyAre() {
        objects.put("in/memo.txt", "text/plain", "the memo");
        var job = api.enqueue(source("in/memo.txt")).is(202).jobId();
        assertThat(api.column(job, "handler")).isEqualTo("process_document");
        assertThat(api.column(job, "queue")).isEqualTo("default");
        var payload = api.get("/pipeline/status/" + job).is(200).json().path("payload");
        assertThat(payload.path("filename").asText()).isEqualTo("memo.txt");
        assertThat(payload.path("size").asInt()).isEqualTo(8);
        assertThat(payload.path("s3_bucket").asText()).isEqualTo("papers");
        assertThat(payload.path("s3_key").asText()).isEqualTo("in/memo.txt");
        api.assertHolds(1, 0);
    }

    @Test
    void theSameObjectIsTheSameSubmissionAndANewContentANewOne() {
        objects.put("key.txt", "text/plain", "first");
        var first = api.enqueue(source("key.txt")).is(202);
        var again = api.enqueue(source("key.txt")).is(200);
        assertThat(again.jobId()).isEqualTo(first.jobId());
        assertThat(again.json().path("already_existed").booleanValue()).isTrue();
        assertThat(api.enqueue(source("key.txt"), "X-Realm", "other").is(202).jobId())
                .isNotEqualTo(first.jobId());

        objects.put("key.txt", "text/plain", "other");
        assertThat(api.enqueue(source("key.txt")).is(202).jobId()).isNotEqualTo(first.jobId());
    }

    @Test
    void aKeyOfTheCallerGoesBeforeThatOfTheSource() {
        objects.put("own.txt", "text/plain", "text");
        objects.put("own2.txt", "text/plain", "text 2");
        var first = api.enqueue(source("own.txt"), "Idempotency-Key", "a").is(202);
        var second = api.enqueue(source("own.txt"), "Idempotency-Key", "b").is(202);
        assertThat(second.jobId()).isNotEqualTo(first.jobId());
        api.enqueue(source("own2.txt"), "Idempotency-Key", "a")
                .isProblem(422, "IDEMPOTENCY_KEY_REUSED", "Idempotency-Key");
    }

    @Test
    void otherWorkOnTheSameObjectIsAnotherJob() {
        objects.put("work.txt", "text/plain", "text");
        var first = api.enqueue(source("work.txt")).is(202).jobId();
        var options = source("work.txt", ",\"options\":{\"a\":1,\"b\":2}");
        var second = api.enqueue(options).is(202).jobId();
        var third =
                api.enqueue(source("work.txt", ",\"handler\":\"echo\"")).is(202).jobId();
        var fourth = api.enqueue(source("work.txt", ",\"review\":true")).is(202).jobId();
        assertThat(Set.of(first, second, third, fourth)).hasSize(4);
        assertThat(api.column(fourth, "payload->'review'")).isEqualTo("true");
        assertThat(api.enqueue(source("work.txt", ",\"options\":{\"b\":2,\"a\":1}"))
                        .is(200)
                        .jobId())
                .isEqualTo(second);
        assertThat(api.enqueue(source("work.txt", ",\"queue\":\"slow\",\"handler\":\"process_document\""))
                        .is(200)
                        .jobId())
                .isEqualTo(first);
    }

    @Test
    void aSubmissionSentAgainIsAnsweredAlthoughItsObjectHasBeenMoved() {
        objects.put("moved.txt", "text/plain", "text");
        var first = api.enqueue(source("moved.txt"), "Idempotency-Key", "m").is(202);
        objects.delete("moved.txt");
        var again = api.enqueue(source("moved.txt"), "Idempotency-Key", "m").is(200);
        assertThat(again.jobId()).isEqualTo(first.jobId());
        assertThat(again.json().path("already_existed").booleanValue()).isTrue();

        for (var other : List.of(
                source("elsewhere.txt"),
                source("moved.txt", ",\"handler\":\"echo\""),
                source("moved.txt", ",\"options\":{\"a\":1}"))) {
            api.enqueue(other, "Idempotency-Key", "m")
                    .isProblem(422, "IDEMPOTENCY_KEY_REUSED", "Idempotency-Key")
                    .says("Idempotency-Key m", first.jobId().toString());
        }
        api.enqueue(source("moved.txt"), "Idempotency-Key", "m", "X-Realm", "other")
                .isProblem(400, "INVALID_FIELD", "s3_key");
        api.enqueue("{\"handler\":\"echo\"}", "Idempotency-Key", "plain").is(202);
        api.enqueue(source("moved.txt"), "Idempotency-Key", "plain")
                .isProblem(422, "IDEMPOTENCY_KEY_REUSED", "Idempotency-Key");
        api.assertHolds(2, 0);
    }

    @Test
    void anObjectThatMayNotBeLookedAtIsAWrongRequestThatNamesTheRight() throws IOException {
        var forbidding = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        forbidding.createContext("/", exchange -> {
            exchange.sendResponseHeaders(403, -1);
            exchange.close();
        });
        forbidding.start();
        try (var other = serving("http://127.0.0.1:" + forbidding.getAddress().getPort())) {
            other.enqueue(source("typo"))
                    .isProblem(400, "INVALID_FIELD", "s3_key")
                    .says("typo", "s3:ListBucket", "s3:GetObject");
            other.assertNothingIsLeft();
        } finally {
            forbidding.stop(0);
        }
    }

    @Test
    void aLongKeyHasAnIdempotencyKeyThatFits() {
        var key = "d/".repeat(400) + "long.txt";
        objects.put(key, "text/plain", "text");
        var first = api.enqueue(source(key)).is(202);
        assertThat(api.enqueue(source(key)).is(200).jobId()).isEqualTo(first.jobId());
    }

    @Test
    void whatIsWrongWithTheSourceIsSaidAndNothingIsLeft() {
        api.enqueue(source("not-there"))
                .isProblem(400, "INVALID_FIELD", "s3_key")
                .says("not-there");
        objects.put("empty", "text/plain", "");
        api.enqueue(source("empty")).isProblem(400, "EMPTY_FILE", "s3_key");
        objects.put("large", "text/plain", "x".repeat(101));
        api.enqueue(source("large")).isProblem(413, "BODY_TOO_LARGE", "s3_key").says("101", "100");
        api.enqueue("{\"source_type\":\"s3\"}").isProblem(400, "INVALID_FIELD", "s3_key");
        api.enqueue("{\"source_type\":\"s3\",\"s3_key\":7}").isProblem(400, "INVALID_FIELD", "s3_key");
        api.enqueue("{\"source_type\":\"s3\",\"s3_key\":\"" + "x".repeat(1_025) + "\"}")
                .isProblem(400, "INVALID_FIELD", "s3_key");
        api.enqueue("{\"source_type\":\"url\",\"s3_key\":\"a\"}").isProblem(400, "INVALID_FIELD", "source_type");
        api.enqueue("{\"source_type\":\"s3\",\"s3_key\":\"large\",\"s3_bucket\":\"other\"}")
                .isProblem(400, "UNKNOWN_FIELD", "s3_bucket");
        api.enqueue("{\"handler\":\"echo\",\"s3_key\":\"large\"}").isProblem(400, "UNKNOWN_FIELD", "s3_key");
        api.assertNothingIsLeft();
    }

    @Test
    void whileS3DoesNotAnswerNoJobIsAccepted() {
        var gone = S3Server.start();
        gone.close();
        try (var other = serving(gone.url())) {
            var answer = other.enqueue(source("a")).isProblem(503, "SOURCE_UNAVAILABLE", "s3_key");
            assertThat(answer.header("Retry-After")).isNotNull();
            other.assertNothingIsLeft();
        }
    }

    @Test
    void aServerWithoutABucketSaysSo() {
        try (var other = RunningApi.start()) {
            other.enqueue(source("a"))
                    .isProblem(400, "INVALID_FIELD", "source_type")
                    .says("S3_BUCKET");
        }
    }
}
