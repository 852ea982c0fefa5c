package io.jobtrail.testbed;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Answers like the API, with jobs that go one state further each time they are asked for. A file name decides about the end:
 * "broken" fails, "tampered" has a bad trail, "endless" keeps running. As a program it listens on {@code PORT}.
 */
public final class StubApi implements AutoCloseable {
    private static final Pattern MULTIPART = Pattern.compile(
            "--(\\S+)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"([^\"]+)\"\r\n"
                    + "Content-Type: \\S+\r\n\r\n(.*)\r\n--\\1--\r\n",
            Pattern.DOTALL);

    private final HttpServer server;
    private final Map<String, StubJob> jobs = new ConcurrentHashMap<>();
    private final AtomicInteger readyCalls = new AtomicInteger();

    StubApi(int port) throws IOException {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext(
                "/health/ready", exchange -> answer(exchange, readyCalls.incrementAndGet() > 1 ? 200 : 503, "{}"));
        server.createContext("/pipeline/enqueue", this::enqueue);
        server.createContext(
                "/pipeline/status/",
                exchange -> answer(exchange, 200, job(exchange, 3).status()));
        server.createContext(
                "/pipeline/jobs/",
                exchange -> answer(exchange, 200, job(exchange, 3).history()));
        server.start();
    }

    public static void main(String[] arguments) throws IOException {
        System.out.println("stub api with DATABASE_URL=" + System.getenv("DATABASE_URL"));
        if ("dies".equals(System.getenv("STUB_API"))) {
            System.out.println("the stub's last words");
            System.exit(3);
        }
        new StubApi(Integer.parseInt(System.getenv("PORT")));
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void enqueue(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Matcher multipart = MULTIPART.matcher(body);
        if (!multipart.matches() || !"demo".equals(exchange.getRequestHeaders().getFirst("X-Realm"))) {
            answer(exchange, 422, "{\"code\":\"BAD_REQUEST\"}");
            return;
        }
        String id = new UUID(0, jobs.size() + 1).toString();
        jobs.put(id, new StubJob(id, multipart.group(2), multipart.group(3)));
        answer(exchange, 202, "{\"job_id\":\"" + id + "\",\"queue\":\"default\",\"status\":\"queued\"}");
    }

    private StubJob job(HttpExchange exchange, int segment) {
        return jobs.get(exchange.getRequestURI().getPath().split("/")[segment]);
    }

    private static void answer(HttpExchange exchange, int code, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private static final class StubJob {
        private final String id;
        private final String file;
        private final String content;
        private final Instant created = Instant.now();
        private final List<String> states = new ArrayList<>(List.of("queued"));

        StubJob(String id, String file, String content) {
            this.id = id;
            this.file = file;
            this.content = content;
        }

        synchronized String status() {
            if (states.size() == 1) {
                states.add("running");
            } else if (states.size() == 2 && !file.contains("endless")) {
                states.add(file.contains("broken") ? "failed" : "finished");
            }
            return "{\"id\":\"" + id + "\",\"status\":\"" + states.get(states.size() - 1)
                    + "\",\"error\":\"no text layer\",\"error_code\":\"NO_TEXT\",\"result\":{\"chunks\":7,\"summary\":\""
                    + content.strip() + "\"}}";
        }

        synchronized String history() {
            List<String> events = new ArrayList<>();
            for (int i = 0; i < states.size(); i++) {
                events.add("{\"seq\":" + (i + 1) + ",\"new_state\":\"" + states.get(i) + "\",\"timestamp\":\""
                        + created.plusMillis(5L * i) + "\",\"reason\":null}");
            }
            return "{\"events\":[" + String.join(",", events) + "],\"verified\":" + !file.contains("tampered") + "}";
        }
    }
}
