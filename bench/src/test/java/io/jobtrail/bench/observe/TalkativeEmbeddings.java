package io.jobtrail.bench.observe;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.jobtrail.config.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Like services of embeddings that repeat what they were sent when they refuse it: the key, and the text. */
final class TalkativeEmbeddings implements AutoCloseable {
    private final String refused;
    private final List<String> traces = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    /** @param refused a text with this word is not embedded */
    TalkativeEmbeddings(String refused) throws IOException {
        this.refused = refused;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/embeddings", this::embed);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    }

    /** The header {@code traceparent} of every request. */
    List<String> traces() {
        return traces;
    }

    private void embed(HttpExchange exchange) throws IOException {
        traces.add(String.valueOf(exchange.getRequestHeaders().getFirst("traceparent")));
        var asked = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        if (asked.contains(refused)) {
            var heard = exchange.getRequestHeaders().getFirst("Authorization");
            answer(exchange, 401, "Wrong key " + heard + ", text " + asked);
        } else {
            var vectors = new ArrayList<String>();
            for (int i = 0; i < Json.MAPPER.readTree(asked).path("input").size(); i++) {
                vectors.add("{\"index\":" + i + ",\"embedding\":[1,0.5]}");
            }
            answer(exchange, 200, "{\"data\":[" + String.join(",", vectors) + "]}");
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
