package io.jobtrail.bench.speed.http;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Sends the same HTTP/1.1 request over and over, on connections that stay open, each as soon as it has its answer. An answer that
 * is no success ends it all.
 */
public final class HttpLoad implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 30_000;
    private static final int BUFFER = 8_192;

    private final int port;
    private final byte[] request;
    private final List<Connection> connections;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean stopping;

    public HttpLoad(int port, byte[] request, int connections) {
        this.port = port;
        this.request = request;
        this.connections =
                IntStream.range(0, connections).mapToObj(i -> new Connection()).toList();
        this.connections.forEach(Thread::start);
    }

    /** One connection; nobody else looks at its times while it runs. */
    private final class Connection extends Thread {
        private long[] begins = new long[1_024];
        private long[] ends = new long[1_024];
        private int count;

        @Override
        public void run() {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(PATIENCE_MILLIS);
                var in = new BufferedInputStream(socket.getInputStream(), BUFFER);
                while (!stopping) {
                    long begin = System.nanoTime();
                    socket.getOutputStream().write(request);
                    readAnswer(in);
                    note(begin, System.nanoTime());
                }
            } catch (IOException | RuntimeException e) {
                failure.compareAndSet(null, e);
            }
        }

        private void note(long begin, long end) {
            if (count == begins.length) {
                begins = Arrays.copyOf(begins, 2 * count);
                ends = Arrays.copyOf(ends, 2 * count);
            }
            begins[count] = begin;
            ends[count++] = end;
        }

        private LongStream nanos(long from, long to) {
            return IntStream.range(0, count)
                    .filter(i -> ends[i] >= from && ends[i] < to)
                    .mapToLong(i -> ends[i] - begins[i]);
        }
    }

    private static void readAnswer(InputStream in) throws IOException {
        var status = line(in);
        int length = -1;
        for (String line; !(line = line(in)).isEmpty(); ) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                length = Integer.parseInt(
                        line.substring("content-length:".length()).strip());
            }
        }
        if (length < 0) {
            throw new IOException("an answer without Content-Length: " + status);
        }
        var body = in.readNBytes(length);
        if (!status.startsWith("HTTP/1.1 2")) {
            throw new IOException(status + ": " + new String(body, StandardCharsets.UTF_8));
        }
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c; (c = in.read()) != '\n'; ) {
            if (c < 0) {
                throw new IOException("the server has closed the connection");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    /** Ends when the answers under way are there; how many there were. */
    public long stop() throws InterruptedException {
        stopping = true;
        for (var connection : connections) {
            connection.join();
        }
        requireSuccess();
        return connections.stream().mapToLong(connection -> connection.count).sum();
    }

    public void requireSuccess() {
        if (failure.get() != null) {
            throw new IllegalStateException("the load broke off: " + failure.get(), failure.get());
        }
    }

    /** Milliseconds of the requests answered between these times of {@link System#nanoTime()}, sorted. Once it has stopped. */
    public double[] millis(long from, long to) {
        return connections.stream()
                .flatMapToLong(connection -> connection.nanos(from, to))
                .mapToDouble(nanos -> nanos / 1e6)
                .sorted()
                .toArray();
    }

    @Override
    public void close() {
        stopping = true;
    }
}
