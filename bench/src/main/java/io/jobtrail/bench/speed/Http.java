package io.jobtrail.bench.speed;

import io.jobtrail.bench.process.Program;
import io.jobtrail.bench.speed.http.HttpLoad;
import io.jobtrail.bench.speed.peer.Backends;
import io.jobtrail.bench.speed.peer.Contestants;
import io.jobtrail.bench.speed.tally.SpeedHandler;
import io.jobtrail.testbed.Ports;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Requests that enqueue, over HTTP to the packaged API; and the same requests to a route that only reads them. No worker runs. */
final class Http implements Workload {
    private static final String JOBTRAIL = "jobtrail";
    private static final String BARE_ROUTE = "bare-route";
    private static final int CONNECTIONS = 16;
    private static final Duration TO_START = Duration.ofSeconds(60);
    private static final Duration LOOK = Duration.ofMillis(50);
    private static final String BOUNDARY = "------------------------jobtrail";

    private final Arena arena;
    private final String name;
    private final byte[] request;

    private Http(Arena arena, String name, String contentType, byte[] body) {
        this.arena = arena;
        this.name = name;
        var head =
                "POST /pipeline/enqueue HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
                        .formatted(contentType, body.length);
        request = join(head.getBytes(StandardCharsets.US_ASCII), body);
    }

    /** 1 KB of JSON. */
    static Http json(Arena arena) {
        var frame = "{\"handler\":\"" + SpeedHandler.NAME + "\",\"input\":{\"text\":\"%s\"}}";
        var body = frame.formatted("x".repeat(1_024 - frame.length() + 2));
        return new Http(arena, "http-json", "application/json", body.getBytes(StandardCharsets.US_ASCII));
    }

    /** A text file of 100 KB. */
    static Http file(Arena arena) {
        var before = "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"text.txt\"\r\n"
                + "Content-Type: text/plain\r\n\r\n";
        var after = "\r\n--" + BOUNDARY + "--\r\n";
        var body = join(
                before.getBytes(StandardCharsets.US_ASCII), text(102_400), after.getBytes(StandardCharsets.US_ASCII));
        return new Http(arena, "http-file", "multipart/form-data; boundary=" + BOUNDARY, body);
    }

    /** Words of letters without a pattern, so that nothing on the way makes them smaller. */
    private static byte[] text(int length) {
        var random = new Random(1);
        var text = new byte[length];
        for (int i = 0; i < length; i++) {
            text[i] = (byte) (i % 7 == 6 ? ' ' : 'a' + random.nextInt(26));
        }
        return text;
    }

    private static byte[] join(byte[]... parts) {
        var joined = new ByteArrayOutputStream();
        for (var part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }

    @Override
    public List<String> names() {
        return List.of(name);
    }

    @Override
    public List<String> entrants(boolean flushMatters) {
        return flushMatters ? List.of(JOBTRAIL) : List.of(JOBTRAIL, BARE_ROUTE);
    }

    @Override
    public void measure(String entrant, Windows windows, Sink sink) throws Exception {
        var contestant = Contestants.named(JOBTRAIL);
        var backends = arena.servers().fresh(contestant);
        arena.servers().settle();
        try (var bout = new Bout(arena, contestant, backends)) {
            int port = Ports.free();
            var server = entrant.equals(JOBTRAIL) ? api(bout, port) : bareRoute(bout, port);
            awaitReady(bout, port);
            long accepted;
            try (var load = new HttpLoad(port, request, CONNECTIONS)) {
                bout.pause(windows.warmUp());
                load.requireSuccess();
                sink.add(name, "rss_start_mb", server.residentMegabytes(), "MB");
                long from = System.nanoTime();
                bout.pause(windows.http());
                long to = System.nanoTime();
                sink.add(name, "rss_end_mb", server.residentMegabytes(), "MB");
                accepted = load.stop();
                var millis = load.millis(from, to);
                sink.add(name, "requests_per_s", millis.length * 1e9 / (to - from), "requests/s");
                Percentiles.add(sink, name, millis);
            }
            if (entrant.equals(JOBTRAIL)) {
                requireJobs(backends, accepted);
            }
        }
    }

    private Program api(Bout bout, int port) {
        return bout.start(
                "api",
                Map.of("PORT", Integer.toString(port), "HOST", "127.0.0.1"),
                Bout.HEAP,
                List.of("-jar", arena.checkout().jar("api").toString()));
    }

    private Program bareRoute(Bout bout, int port) {
        var checkout = arena.checkout();
        return bout.start(
                BARE_ROUTE,
                Map.of(),
                Bout.HEAP,
                List.of(
                        "-cp",
                        checkout.jar("api") + File.pathSeparator + checkout.jar("bench"),
                        // named as text, because its libraries are not here
                        "io.jobtrail.bench.speed.http.bare.BareRoute",
                        Integer.toString(port)));
    }

    private static void awaitReady(Bout bout, int port) throws InterruptedException {
        var deadline = System.nanoTime() + TO_START.toNanos();
        while (!answers(port)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("no answer after " + TO_START.toSeconds() + " s");
            }
            bout.pause(LOOK);
        }
    }

    private static boolean answers(int port) {
        try {
            var connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + port + "/heartbeat")
                    .toURL()
                    .openConnection();
            return connection.getResponseCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** Each answer stands for a job, and there is no job without one. */
    private static void requireJobs(Backends backends, long accepted) throws SQLException {
        try (var connection = backends.connect();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT count(*) FROM pipeline_jobs WHERE status = 'queued'")) {
            row.next();
            if (row.getLong(1) != accepted) {
                throw new IllegalStateException(
                        accepted + " requests were accepted, and there are " + row.getLong(1) + " jobs");
            }
        }
    }
}
