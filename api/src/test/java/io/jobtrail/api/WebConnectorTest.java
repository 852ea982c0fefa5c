package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.eclipse.jetty.io.ByteBufferPool;
import org.junit.jupiter.api.Test;

class WebConnectorTest {
    /** What becomes of shared ones shows too seldom to be tried here: once in some ten thousand malformed requests. */
    @Test
    void noConnectionGetsABufferThatAnotherHasUsed() {
        try (var api = RunningApi.start()) {
            assertThat(api.server.web().getConnectors())
                    .singleElement()
                    .satisfies(connector ->
                            assertThat(connector.getByteBufferPool()).isSameAs(ByteBufferPool.NON_POOLING));
        }
    }
}
