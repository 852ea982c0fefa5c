package io.jobtrail.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Redis over TLS, played by a server that knows one answer. */
class RedisTlsTest {
    private static final char[] PASSWORD = "of-the-tests".toCharArray();

    @TempDir
    private Path directory;

    @Test
    void aTrustedCertificateOfTheHostIsAccepted() throws Exception {
        assertThat(isUsableWithCertificateOf("localhost")).isTrue();
    }

    @Test
    void aTrustedCertificateOfAnotherHostIsRefused() throws Exception {
        assertThat(isUsableWithCertificateOf("elsewhere.example.org")).isFalse();
    }

    private boolean isUsableWithCertificateOf(String host) throws Exception {
        var tls = trusting(certificateOf(host));
        try (var door = (SSLServerSocket)
                        tls.getServerSocketFactory().createServerSocket(0, 5, InetAddress.getByName("localhost"));
                var redis = new Redis(
                        "rediss://localhost:" + door.getLocalPort(), 1, Duration.ZERO, tls.getSocketFactory())) {
            var server = new Thread(() -> answerOne(door), "redis-over-tls");
            server.setDaemon(true);
            server.start();
            return redis.isUsable();
        }
    }

    private static void answerOne(SSLServerSocket door) {
        try (var caller = door.accept()) {
            var in = caller.getInputStream();
            if (in.read() >= 0) {
                caller.getOutputStream().write("+PONG\r\n".getBytes(StandardCharsets.US_ASCII));
                caller.getOutputStream().flush();
                in.transferTo(java.io.OutputStream.nullOutputStream());
            }
        } catch (IOException e) {
            // the caller does not want to talk to this server
        }
    }

    private KeyStore certificateOf(String host) throws Exception {
        var file = directory.resolve(host + ".p12");
        var keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-alias",
                        "redis",
                        "-dname",
                        "CN=" + host,
                        "-ext",
                        "san=dns:" + host,
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("keytool.log").toFile())
                .start();
        if (keytool.waitFor() != 0) {
            throw new UncheckedIOException(new IOException(Files.readString(directory.resolve("keytool.log"))));
        }
        return KeyStore.getInstance(file.toFile(), PASSWORD);
    }

    private static SSLContext trusting(KeyStore store) throws Exception {
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted(store));
        var tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return tls;
    }

    private static KeyStore trusted(KeyStore store) throws Exception {
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("redis", store.getCertificate("redis"));
        return trusted;
    }
}
