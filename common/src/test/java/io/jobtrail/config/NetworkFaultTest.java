package io.jobtrail.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.net.SocketException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

/** The messages are those of Java 17 on Linux; what one machine alone cannot bring about is made here. */
class NetworkFaultTest {
    @Test
    void aNetworkWithoutAWayIsNotABrokenConnection() {
        assertThat(NetworkFault.inWords(new SocketException("Network is unreachable")))
                .contains("its network cannot be reached");
        assertThat(NetworkFault.inWords(new ConnectException("Connection timed out")))
                .contains("its network cannot be reached");
        assertThat(NetworkFault.inWords(new SocketException("Connection reset")))
                .contains("the connection was broken off");
    }

    @Test
    void aConnectionWithTlsThatBreaksIsNotSaidToLackTls() {
        var reset = new SocketException("Connection reset");
        assertThat(NetworkFault.inWords(new SSLException("Connection reset", reset)))
                .contains("the connection was broken off");
        assertThat(NetworkFault.inWords(new SSLHandshakeException("PKIX path building failed")))
                .hasValueSatisfying(words -> assertThat(words).startsWith("no TLS"));
    }

    @Test
    void whatIsNoFaultOfTheNetworkIsNotSaidToBeOne() {
        assertThat(NetworkFault.inWords(new IllegalStateException("refused"))).isEmpty();
        assertThat(NetworkFault.inWords(null)).isEmpty();
    }
}
