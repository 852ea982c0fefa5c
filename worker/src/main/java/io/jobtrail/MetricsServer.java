package io.jobtrail;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.jobtrail.access.GivenKey;
import io.jobtrail.metrics.ProcessMetrics;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** {@code GET /metrics} of a worker, which serves nothing else over HTTP. With an admin key only to whoever brings it, as the API does. */
final class MetricsServer implements AutoCloseable {
    /** More than scrape a worker at once. */
    private static final int THREADS = 4;

    static {
        // Else whoever begins a request, or reads no answer, has one of the threads for ever. In seconds; the server
        // reads them once in a process.
        System.setProperty("sun.net.httpserver.maxReqTime", "5");
        System.setProperty("sun.net.httpserver.maxRspTime", "10");
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
        var answering = new Thread(task, "metrics");
        answering.setDaemon(true);
        return answering;
    });

    /**
     * @param adminKey null = for everybody who reaches it
     * @param port 0 = any that is free
     */
    MetricsServer(ProcessMetrics metrics, String adminKey, String host, int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(host, port), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            var key = adminKey == null ? null : GivenKey.of(exchange.getRequestHeaders()::getFirst);
            if (adminKey != null && (key == null || !key.is(adminKey))) {
                exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
                answer(exchange, 401, "text/plain", "send ADMIN_API_KEY as Authorization: Bearer or X-Admin-Key\n");
            } else if (exchange.getRequestURI().getPath().equals("/metrics")) {
                answer(exchange, 200, ProcessMetrics.CONTENT_TYPE, metrics.scrape());
            } else {
                answer(exchange, 404, "text/plain", "not found\n");
            }
        });
        server.start();
    }

    private static void answer(HttpExchange exchange, int status, String type, String text) throws IOException {
        var body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        try (var out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
