package io.jobtrail.api;

import static io.jobtrail.api.BatchTest.assertRefused;
import static io.jobtrail.api.BatchTest.ids;
import static io.jobtrail.api.BatchTest.send;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.jobtrail.testbed.S3Server;
import io.jobtrail.testing.S3Objects;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Many submissions in one JSON array, of documents that lie in S3. */
class BatchSourceTest {
    @Test
    void objectsInS3AreTakenAndOnesThatAreMissingRefused() {
        try (var s3 = S3Server.start();
                var objects = S3Objects.inNewBucket(s3.url(), "papers")) {
            S3Objects.useTestCredentials();
            objects.put("a.txt", "text/plain", "first");
            objects.put("b.txt", "text/plain", "second");
            try (var other = RunningApi.start("S3_BUCKET", "papers", "S3_ENDPOINT", s3.url())) {
                var source = "{\"source_type\":\"s3\",\"s3_key\":\"%s\"}";
                var body = "[" + source.formatted("a.txt") + "," + source.formatted("none") + ","
                        + source.formatted("b.txt") + "]";
                var first = send(other, body).is(202);
                assertRefused(first.json(), 1, 400, "INVALID_FIELD", "s3_key", "none");
                var second = send(other, body).is(200);
                assertThat(ids(second)).isEqualTo(ids(first)).hasSize(2);
                other.assertHolds(2, 0);

                s3.close();
                var down = send(other, "[" + source.formatted("c.txt") + "," + "{\"handler\":\"echo\"}" + "]")
                        .is(202);
                assertRefused(down.json(), 0, 503, "SOURCE_UNAVAILABLE", "s3_key", "");
            }
        }
    }

    @Test
    void anS3ThatCannotBeUsedIsNotAskedForEveryItem() throws IOException {
        var asked = new AtomicInteger();
        var broken = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        broken.createContext("/", exchange -> {
            asked.incrementAndGet();
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
        });
        broken.start();
        S3Objects.useTestCredentials();
        var url = "http://127.0.0.1:" + broken.getAddress().getPort();
        try (var other = RunningApi.start("S3_BUCKET", "papers", "S3_ENDPOINT", url)) {
            var items = IntStream.range(0, 200)
                    .mapToObj(i -> "{\"source_type\":\"s3\",\"s3_key\":\"key-%d\"}".formatted(i))
                    .collect(Collectors.joining(",", "[", "]"));
            send(other, items).isProblem(422, "ALL_REFUSED", null);
            assertThat(asked).hasValueLessThan(100);
        } finally {
            broken.stop(0);
        }
    }
}
