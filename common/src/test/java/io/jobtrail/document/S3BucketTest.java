package io.jobtrail.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.jobtrail.testbed.S3Server;
import io.jobtrail.testing.S3Objects;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class S3BucketTest {
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

    @Test
    void anObjectIsFoundWithWhatIsKnownAboutItAndReadWhole() throws IOException {
        objects.put("in/a b.txt", "text/plain", "the text");
        var object = bucket.find("in/a b.txt").orElseThrow();
        assertThat(object.size()).isEqualTo(8);
        assertThat(object.contentType()).isEqualTo("text/plain");
        assertThat(object.filename()).isEqualTo("a b.txt");
        try (var bytes = bucket.open(object)) {
            assertThat(bytes.readAllBytes()).asString().isEqualTo("the text");
        }
        assertThat(S3Object.ofPayload(object.toPayload())).contains(object);
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertThat(bucket.find("nothing")).isEmpty();
    }

    @Test
    void anObjectThatWasReplacedOrDeletedIsNotReadInPlaceOfTheFirst() {
        objects.put("replaced", "text/plain", "first");
        var first = bucket.find("replaced").orElseThrow();
        objects.put("replaced", "text/plain", "other");
        assertThatThrownBy(() -> bucket.open(first))
                .isInstanceOf(S3Bucket.Changed.class)
                .hasMessageContaining("replaced");
        assertThat(bucket.find("replaced").orElseThrow().identity()).isNotEqualTo(first.identity());

        objects.delete("replaced");
        assertThatThrownBy(() -> bucket.open(first)).isInstanceOf(S3Bucket.Changed.class);
    }

    @Test
    void anObjectOfAnotherBucketIsRefusedButNotTakenForGone() {
        objects.put("mine", "text/plain", "mine");
        var mine = bucket.find("mine").orElseThrow();
        var foreign =
                new S3Object("elsewhere", mine.key(), mine.etag(), mine.version(), mine.size(), mine.contentType());
        assertThatThrownBy(() -> bucket.open(foreign))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(S3Bucket.Changed.class)
                .hasMessageContaining("elsewhere");
    }

    @Test
    void aBucketThatIsNotThereIsAWrongSettingNotAnObjectThatIsGone() {
        try (var missing = S3Objects.reading(server.url(), "no-such-bucket")) {
            assertUnavailable(missing, "no-such-bucket");
        }
    }

    @Test
    void aServerThatIsNoS3IsAWrongSettingNotAnObjectThatIsGone() throws IOException {
        var web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        web.createContext("/", exchange -> {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        web.start();
        try (var elsewhere =
                S3Objects.reading("http://127.0.0.1:" + web.getAddress().getPort(), "papers")) {
            assertUnavailable(elsewhere, "papers");
        } finally {
            web.stop(0);
        }
    }

    @Test
    void anObjectThatEndsEarlyIsNotTakenForWhole() {
        objects.put("short", "text/plain", "five!");
        var found = bucket.find("short").orElseThrow();
        var longer = new S3Object(found.bucket(), found.key(), found.etag(), found.version(), 6, found.contentType());
        assertThatThrownBy(() -> bucket.open(longer).readAllBytes())
                .isInstanceOf(IOException.class)
                .hasMessage("1 bytes of the object are missing");
    }

    @Test
    void aServerThatDoesNotAnswerIsUnavailableNotEmpty() {
        var gone = S3Server.start();
        gone.close();
        try (var bucket = S3Objects.reading(gone.url(), "papers")) {
            assertUnavailable(bucket, "papers");
        }
    }

    private static void assertUnavailable(S3Bucket bucket, String name) {
        assertThatThrownBy(() -> bucket.find("a"))
                .isInstanceOf(S3Bucket.Unavailable.class)
                .hasMessageContaining(name);
        var object = new S3Object(name, "a", "\"e\"", null, 1, "text/plain");
        assertThatThrownBy(() -> bucket.open(object))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(S3Bucket.Changed.class)
                .hasMessageContaining(name);
    }
}
