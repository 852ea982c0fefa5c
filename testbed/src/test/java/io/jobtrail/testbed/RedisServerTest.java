package io.jobtrail.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;

class RedisServerTest {
    @TempDir
    Path directory;

    static Stream<RedisBinary> binaries() {
        return Stream.concat(Stream.of(RedisBinary.embedded()), RedisBinary.installed().stream());
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void aPlainServerForgetsEverythingAtARestart(RedisBinary binary) {
        try (RedisServer server = RedisServer.startOnFreePort(directory, binary, false)) {
            set(server, "key", "value");
            server.restart();
            assertThat(get(server, "key")).isNull();
        }
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void aDurableServerFindsItsDataAfterARestartAndInALaterServer(RedisBinary binary) {
        try (RedisServer server = RedisServer.startOnFreePort(directory, binary, true)) {
            set(server, "key", "value");
            server.restart();
            assertThat(get(server, "key")).isEqualTo("value");
        }
        try (RedisServer later = RedisServer.startOnFreePort(directory, binary, true)) {
            assertThat(get(later, "key")).isEqualTo("value");
        }
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void aKilledServerComesBackOnTheSamePort(RedisBinary binary) {
        try (RedisServer server = RedisServer.startOnFreePort(directory, binary, false)) {
            String url = server.url();
            server.kill();
            assertThatThrownBy(() -> get(server, "key")).hasMessageContaining("Failed");

            server.startAgain();

            assertThat(server.url()).isEqualTo(url);
            set(server, "key", "value");
        }
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void aFullServerRefusesToForget(RedisBinary binary) {
        try (RedisServer server = RedisServer.startOnFreePort(directory, binary, false);
                Jedis redis = new Jedis("127.0.0.1", server.port())) {
            assertThat(redis.configGet("maxmemory-policy")).contains("noeviction");
        }
    }

    @Test
    void startsOnTheGivenPort() {
        int port = Ports.free();
        try (RedisServer server = RedisServer.start(directory, port)) {
            assertThat(server.url()).isEqualTo("redis://127.0.0.1:" + port);
            assertThat(get(server, "key")).isNull();
        }
    }

    @Test
    void aProgramThatCannotStartIsReportedWithAFix() {
        RedisBinary broken = new RedisBinary(Path.of("/bin/false"), true);
        assertThatThrownBy(() -> RedisServer.startOnFreePort(directory, broken, false))
                .hasMessageContaining("libssl3")
                .hasMessageContaining("REDIS_URL");
    }

    private static void set(RedisServer server, String key, String value) {
        try (Jedis redis = new Jedis("127.0.0.1", server.port())) {
            redis.set(key, value);
        }
    }

    private static String get(RedisServer server, String key) {
        try (Jedis redis = new Jedis("127.0.0.1", server.port())) {
            return redis.get(key);
        }
    }
}
