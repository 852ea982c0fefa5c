package io.jobtrail.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.testbed.RedisServer;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisCheckTest {
    @Test
    void aRedisThatGoesAwayIsSaidToHaveBrokenOffAndThenToRefuse(@TempDir Path directory) {
        try (var server = RedisServer.start(directory);
                var redis = new Redis(server.url(), 1, Duration.ZERO)) {
            var check = new RedisCheck(redis);
            assertThat(check.fault()).isEmpty();
            server.kill();
            assertThat(check.fault()).contains("the connection was broken off");
            assertThat(check.fault()).contains("connection refused: nobody listens there");
        }
    }
}
