package io.jobtrail.testbed;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A real Redis server for development and tests, its own or a given one. It listens on 127.0.0.1 only, without a password, so
 * it must never be used in production.
 */
public final class RedisServer implements AutoCloseable {
    private static final Duration READY_WITHIN = Duration.ofSeconds(30);
    private static final Duration RETRY_PAUSE = Duration.ofMillis(10);
    private static final Duration STOP_GRACE = Duration.ofSeconds(10);
    private static final int START_ATTEMPTS = 4;

    private final URI uri;
    private final RedisBinary binary;
    private final boolean durable;

    /** Null, as the binary is, when the server was given by url: then it is not ours to stop. */
    private final ServerDirectory directory;

    private ChildProcess server;

    private RedisServer(URI uri, RedisBinary binary, ServerDirectory directory, boolean durable) {
        this.uri = uri;
        this.binary = binary;
        this.directory = directory;
        this.durable = durable;
    }

    /**
     * Starts a server on a free port that keeps nothing on disk.
     *
     * @throws IllegalStateException when the directory is in use, or with the end of the server's log when it does not start
     */
    public static RedisServer start(Path directory) {
        return startOnFreePort(directory, RedisBinary.find(), false);
    }

    /** The same on a given port of 127.0.0.1. */
    public static RedisServer start(Path directory, int port) {
        return start(directory, RedisBinary.find(), false, port);
    }

    /** Starts a server on a free port that keeps its data in the directory, found there at the next start. */
    public static RedisServer startDurable(Path directory) {
        return startOnFreePort(directory, RedisBinary.find(), true);
    }

    static RedisServer startOnFreePort(Path directory, RedisBinary binary, boolean durable) {
        IllegalStateException last = null;
        for (int attempt = 0; attempt < START_ATTEMPTS; attempt++) {
            try {
                return start(directory, binary, durable, Ports.free());
            } catch (IllegalStateException portTaken) {
                last = portTaken;
            }
        }
        throw last;
    }

    private static RedisServer start(Path path, RedisBinary binary, boolean durable, int port) {
        ServerDirectory directory = ServerDirectory.take(path);
        RedisServer redis = new RedisServer(URI.create("redis://127.0.0.1:" + port), binary, directory, durable);
        try {
            directory.endOrphan();
            redis.launch();
            return redis;
        } catch (RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    /** A server that runs elsewhere; it cannot be stopped or restarted. */
    public static RedisServer given(String url) {
        return new RedisServer(URI.create(url), null, null, true);
    }

    /** {@code redis://127.0.0.1:port}, or the url of a given server. */
    public String url() {
        return uri.toString();
    }

    public int port() {
        return uri.getPort() < 0 ? 6379 : uri.getPort();
    }

    /** Whether the server was started here, and so can be stopped and restarted. */
    public boolean isOwn() {
        return directory != null;
    }

    /** Stops orderly and starts on the same port. Unless it is durable, all data are gone. */
    public void restart() {
        stop();
        launch();
    }

    /** Stops orderly; {@link #startAgain()} brings it back. */
    public void stop() {
        requireOwn();
        server.stop(STOP_GRACE);
    }

    /** Ends the server as a crash would (SIGKILL). */
    public void kill() {
        requireOwn();
        server.kill();
    }

    /** Starts a stopped or killed server on the same port; nothing happens when it runs. */
    public void startAgain() {
        requireOwn();
        if (!server.isAlive()) {
            launch();
        }
    }

    /** Stops the server for good and frees its directory. A given server is left alone. */
    @Override
    public void close() {
        if (isOwn()) {
            server.stop(STOP_GRACE);
            directory.close();
        }
    }

    private void launch() {
        List<String> command = List.of(
                binary.program().toString(),
                "--port",
                Integer.toString(port()),
                "--bind",
                "127.0.0.1",
                "--dir",
                directory.path().toString(),
                "--save",
                "",
                "--appendonly",
                durable ? "yes" : "no",
                "--maxmemory-policy",
                "noeviction",
                "--daemonize",
                "no");
        server = ChildProcess.start(
                "redis",
                directory.resolve("redis.log"),
                Map.of(),
                Isolation.inOwnSession(Isolation.endedWithParent("TERM", command)));
        directory.remember(server.handle());
        awaitReady();
    }

    private void awaitReady() {
        long deadline = System.nanoTime() + READY_WITHIN.toNanos();
        while (!answersPing()) {
            if (server.awaitExit(RETRY_PAUSE)) {
                throw new IllegalStateException("Redis (" + binary.program() + ") ended with code " + server.exitCode()
                        + ":\n" + server.logTail(12) + "\n" + binary.advice());
            }
            if (System.nanoTime() > deadline) {
                server.kill();
                throw new IllegalStateException(
                        "Redis did not answer within " + READY_WITHIN.toSeconds() + " s. " + binary.advice());
            }
        }
    }

    /** A server that still loads its data accepts connections but answers with an error. */
    private boolean answersPing() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()), 1_000);
            socket.setSoTimeout(1_000);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            byte[] answer = socket.getInputStream().readNBytes(5);
            return new String(answer, StandardCharsets.US_ASCII).equals("+PONG");
        } catch (IOException notYet) {
            return false;
        }
    }

    private void requireOwn() {
        if (!isOwn()) {
            throw new UnsupportedOperationException("this Redis was given by its url and is not ours to stop or start");
        }
    }
}
