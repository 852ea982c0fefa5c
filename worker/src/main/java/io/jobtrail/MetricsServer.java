package io.jobtrail;

import com.sun.net.httpserver.HttpServer;
import io.jobtrail.metrics.ProcessMetrics;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** {@code GET /metrics} of a worker, which serves nothing else over HTTP. */
final class MetricsServer implements AutoCloseable {
    private final HttpServer server;

    /** @param port 0 = any that is free */
    MetricsServer(ProcessMetrics metrics, String host, int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(host, port), 0);
        server.createContext("/metrics", exchange -> {
            boolean found = exchange.getRequestURI().getPath().equals("/metrics");
            var body = (found ? metrics.scrape() : "not found\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", found ? ProcessMetrics.CONTENT_TYPE : "text/plain");
            exchange.sendResponseHeaders(found ? 200 : 404, body.length);
            try (var out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
