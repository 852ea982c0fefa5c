package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.document.S3Bucket;
import io.jobtrail.document.Sha256;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.RetryableFailure;
import io.jobtrail.job.Claim;
import io.jobtrail.job.Job;
import io.jobtrail.job.JobIds;
import io.jobtrail.testbed.S3Server;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testing.S3Objects;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A document that lies in S3, as a handler meets it. */
class S3DocumentTest {
    /** More than the buffers on the way hold. */
    private static final int LARGE = 16 << 20;

    private static S3Server server;
    private static S3Objects objects;
    private static S3Bucket bucket;

    @BeforeAll
    static void start() {
        server = S3Server.start();
        objects = S3Objects.inNewBucket(server.url(), "papers");
        bucket = S3Objects.reading(server.url(), "papers");
    }

    @AfterAll
    static void stop() {
        bucket.close();
        objects.close();
        server.close();
    }

    private static Claim claim(String key) {
        return claim(bucket.find(key).orElseThrow().toPayload());
    }

    private static Claim claim(Map<String, Object> payload) {
        var job = new Job(JobIds.next(), "default", "default", "test", 1, 5, payload);
        return new Claim(job, "w", 2, null, Duration.ofMinutes(1), null);
    }

    @Test
    void itIsWhatTheKeyHeldWhenTheJobWasSent() throws IOException {
        objects.put("in/memo.txt", "text/plain", "the memo");
        var document = new Documents(null, bucket).of(claim("in/memo.txt"));
        assertThat(document.name()).isEqualTo("memo.txt");
        assertThat(document.contentType()).isEqualTo("text/plain");
        assertThat(document.size()).isEqualTo(8);
        assertThat(document.sha256()).isEqualTo(Sha256.of("the memo"));
        try (var bytes = document.open()) {
            assertThat(bytes.readAllBytes()).asString().isEqualTo("the memo");
        }
    }

    @Test
    void oneThatWasReplacedFailsForGood() {
        objects.put("replaced", "text/plain", "first");
        var document = new Documents(null, bucket).of(claim("replaced"));
        objects.put("replaced", "text/plain", "other");
        assertThatThrownBy(document::open)
                .isInstanceOfSatisfying(
                        PermanentFailure.class, e -> assertThat(e.code()).isEqualTo("INPUT_CHANGED"));
    }

    @Test
    void oneThatCannotBeReachedNowIsTriedAgain() {
        objects.put("later", "text/plain", "text");
        var claim = claim("later");
        var gone = S3Server.start();
        gone.close();
        try (var unreachable = S3Objects.reading(gone.url(), "papers")) {
            assertUnavailable(new Documents(null, unreachable), claim);
        }
        assertUnavailable(new Documents(null, null), claim);
    }

    @Test
    void aWorkerThatReadsAnotherBucketLeavesItToTheNextOne() {
        objects.put("rolled", "text/plain", "text");
        var claim = claim("rolled");
        try (var other = S3Objects.reading(server.url(), "no-such-bucket")) {
            assertUnavailable(new Documents(null, other), claim);
        }
    }

    @Test
    void aConnectionThatBreaksWhileItIsReadIsTriedAgain() throws IOException {
        objects.put("large", "text/plain", "x".repeat(LARGE));
        var claim = claim("large");
        var port = URI.create(server.url()).getPort();
        try (var proxy = TcpProxy.to(port);
                var farther = S3Objects.reading("http://127.0.0.1:" + proxy.port(), "papers");
                var bytes = new Documents(null, farther).of(claim).open()) {
            assertThat(bytes.read()).isEqualTo('x');
            proxy.cut(true);
            assertUnavailable(bytes::readAllBytes);
        }
    }

    @Test
    void oneThatEndsEarlyIsTriedAgain() throws IOException {
        objects.put("short", "text/plain", "five!");
        var payload = bucket.find("short").orElseThrow().toPayload();
        payload.put("size", 6);
        var document = new Documents(null, bucket).of(claim(payload));
        try (var bytes = document.open()) {
            assertUnavailable(bytes::readAllBytes);
        }
        assertUnavailable(document::sha256);
    }

    @Test
    void anAttemptThatIsStoppedDoesNotReadOn() throws IOException {
        objects.put("stopped", "text/plain", "x".repeat(LARGE));
        var bytes = new Documents(null, bucket).of(claim("stopped")).open();
        assertThat(bytes.read()).isEqualTo('x');
        Thread.currentThread().interrupt();
        try {
            assertUnavailable(bytes::readAllBytes);
        } finally {
            Thread.interrupted();
            bytes.close();
        }
    }

    private static void assertUnavailable(Documents documents, Claim claim) {
        assertUnavailable(documents.of(claim)::open);
    }

    private static void assertUnavailable(ThrowingCallable reading) {
        assertThatThrownBy(reading)
                .isInstanceOfSatisfying(
                        RetryableFailure.class, e -> assertThat(e.code()).isEqualTo("SOURCE_UNAVAILABLE"));
    }

    @Test
    void withoutAnyDocumentItIsSaidSo() {
        assertThatThrownBy(() -> new Documents(null, bucket).of(claim(Map.of())))
                .isInstanceOfSatisfying(
                        PermanentFailure.class, e -> assertThat(e.code()).isEqualTo("NO_DOCUMENT"));
    }
}
