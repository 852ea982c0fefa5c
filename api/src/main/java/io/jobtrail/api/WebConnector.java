package io.jobtrail.api;

import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Where the web server listens. Connections share no buffers: in Jetty 12.1 two threads may come to release that of one connection
 * when something follows a request that is none, and a buffer that was released twice would then be used by two others, which would
 * read each other's requests. On the heap they cost little. Knows no route.
 *
 * @param port 0 = a free one
 */
record WebConnector(String host, int port) {
    Connector in(Server server, HttpConfiguration http) {
        http.setUseInputDirectByteBuffers(false);
        http.setUseOutputDirectByteBuffers(false);
        var connector = new ServerConnector(
                server, null, null, ByteBufferPool.NON_POOLING, -1, -1, new HttpConnectionFactory(http));
        connector.setHost(host);
        connector.setPort(port);
        return connector;
    }
}
