package io.jobtrail.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

@Timeout(60)
class TcpProxyTest {
    @TempDir
    private static Path directory;

    private static RedisServer redis;

    @AutoClose
    private final TcpProxy proxy = TcpProxy.to(redis.port());

    @BeforeAll
    static void startRedis() {
        redis = RedisServer.start(directory);
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @Test
    void itPassesEverythingOnAndEndsAConnectionWithEitherSide() throws IOException {
        try (Talk talk = new Talk()) {
            assertThat(talk.ask("PING")).isEqualTo("+PONG");
            assertThat(talk.ask("QUIT")).isEqualTo("+OK");
            assertThat(talk.read()).isEmpty();
        }
    }

    @Test
    void aCutEndsTheConnectionsOfTheMomentOnly() throws IOException {
        try (Talk talk = new Talk()) {
            talk.ask("PING");
            proxy.cut(false);
            assertThat(talk.read()).isEmpty();
        }
        try (Talk later = new Talk()) {
            assertThat(later.ask("PING")).isEqualTo("+PONG");
        }
    }

    @Test
    void aCutByResetIsSeenAsOne() throws IOException {
        try (Talk talk = new Talk()) {
            talk.ask("PING");
            proxy.cut(true);
            assertThatThrownBy(talk::read).isInstanceOf(SocketException.class).hasMessageContaining("reset");
        }
    }

    @Test
    void aDelayHoldsUpBothWaysUntilItIsLifted() throws IOException {
        try (Talk talk = new Talk()) {
            talk.ask("PING");
            proxy.delay(Duration.ofMillis(150));
            long start = System.nanoTime();
            assertThat(talk.ask("PING")).isEqualTo("+PONG");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(300));

            proxy.delay(Duration.ofHours(1));
            talk.send("PING");
            proxy.passOn();
            assertThat(talk.read()).isEqualTo("+PONG");
        }
    }

    @Test
    void aSilentOneSwallowsWhatIsSentAndKeepsTheConnectionUntilItPassesOn() throws IOException {
        try (Talk before = new Talk()) {
            before.ask("PING");
            proxy.fallSilent();
            try (Talk during = new Talk()) {
                for (Talk talk : new Talk[] {before, during}) {
                    talk.send("SET swallowed yes");
                    talk.patience(200);
                    assertThatThrownBy(talk::read).isInstanceOf(SocketTimeoutException.class);
                    talk.patience(20_000);
                }
                proxy.passOn();
                assertThatThrownBy(during::read).isInstanceOf(SocketException.class);
            }
            assertThatThrownBy(before::read).isInstanceOf(SocketException.class);
        }
        try (Talk after = new Talk()) {
            assertThat(after.ask("PING")).isEqualTo("+PONG");
        }
        assertThat(get("swallowed")).isNull();
    }

    @Test
    void aRequestIsDoneWhoseAnswerIsCut() throws IOException {
        proxy.cutAnswerTo("lost");
        try (Talk talk = new Talk()) {
            assertThat(talk.ask("SET other 1")).isEqualTo("+OK");
            assertThat(talk.ask("SET lost 1")).isEmpty();
        }
        assertThat(get("lost")).isEqualTo("1");
        try (Talk again = new Talk()) {
            assertThat(again.ask("SET lost 2")).as("only the next one").isEqualTo("+OK");
        }
    }

    /** As when a connection breaks after the server has given the element away. */
    @Test
    void anElementIsGoneWhenTheAnswerToABlockingPopIsCut() throws IOException {
        proxy.cutAnswerTo("BLPOP");
        try (Talk talk = new Talk();
                Jedis direct = new Jedis("127.0.0.1", redis.port())) {
            talk.send("BLPOP list 20");
            direct.rpush("list", "element");
            assertThat(talk.read()).isEmpty();
            assertThat(direct.llen("list")).isZero();
        }
    }

    @Test
    void aConnectionBreaksInTheMiddleOfItsBytes() throws IOException {
        try (Talk talk = new Talk()) {
            talk.ask("PING");
            proxy.cutAfter(5);
            talk.send("PING and then some");
            assertThatThrownBy(talk::read).isInstanceOf(SocketException.class);
        }
        try (Talk later = new Talk()) {
            assertThat(later.ask("PING")).isEqualTo("+PONG");
        }
    }

    @Test
    void aServerThatIsAwayIsSeenAsABrokenConnection() throws IOException {
        try (TcpProxy toNobody = TcpProxy.to(Ports.free());
                Talk talk = new Talk(toNobody)) {
            assertThatThrownBy(talk::read).isInstanceOf(SocketException.class);
        }
    }

    private static String get(String key) {
        try (Jedis direct = new Jedis("127.0.0.1", redis.port())) {
            return direct.get(key);
        }
    }

    /** A client that shows the bytes as they are. */
    private final class Talk implements AutoCloseable {
        private final Socket socket;

        Talk() throws IOException {
            this(proxy);
        }

        Talk(TcpProxy through) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), through.port());
            patience(20_000);
        }

        void patience(int millis) throws IOException {
            socket.setSoTimeout(millis);
        }

        void send(String line) throws IOException {
            socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        }

        /** One line of the answer, or nothing when the connection has ended. */
        String read() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int b = socket.getInputStream().read();
                    b >= 0 && b != '\n';
                    b = socket.getInputStream().read()) {
                line.append((char) b);
            }
            return line.toString().strip();
        }

        String ask(String line) throws IOException {
            send(line);
            return read();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
