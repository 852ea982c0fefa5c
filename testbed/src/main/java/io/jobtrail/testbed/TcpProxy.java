package io.jobtrail.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Stands between a program and a server of this machine, to be slow, to break connections, to fall silent or to lose answers as a
 * network does. All of that can be switched while it runs; it starts by passing everything on. It knows no protocol.
 */
public final class TcpProxy implements AutoCloseable {
    private static final int CONNECT_MILLIS = 2_000;

    private final ServerSocket door;
    private final InetSocketAddress target;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();

    private boolean silent;
    private Duration delay = Duration.ZERO;
    private long budget = Long.MAX_VALUE;
    private String awaited = "";
    private int answersToCut;

    private TcpProxy(ServerSocket door, InetSocketAddress target) {
        this.door = door;
        this.target = target;
    }

    /** Listens on a free port of the loopback address for connections to the given one; nobody needs to listen there yet. */
    public static TcpProxy to(int port) {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try {
            ServerSocket door = new ServerSocket();
            door.setReuseAddress(true);
            door.bind(new InetSocketAddress(loopback, Ports.free()), 200);
            TcpProxy proxy = new TcpProxy(door, new InetSocketAddress(loopback, port));
            start(proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen", e);
        }
    }

    public int port() {
        return door.getLocalPort();
    }

    /** From now on whatever passes, either way, is held up so long first. */
    public synchronized void delay(Duration time) {
        delay = time;
        notifyAll();
    }

    /**
     * From now on swallows whatever is sent, and keeps the connections open, those that come later too. They stay useless: a
     * stream with a gap must not go on, so {@link #passOn} breaks them.
     */
    public synchronized void fallSilent() {
        silent = true;
        links.forEach(link -> link.useless = true);
        notifyAll();
    }

    /** Breaks all present connections: in order (FIN), or as after a crash of the machine (RST). */
    public void cut(boolean reset) {
        links.forEach(link -> link.end(reset));
    }

    /** Breaks the connection that passes on the last of so many bytes, counted from now over all connections, both ways. */
    public synchronized void cutAfter(long bytes) {
        budget = bytes;
    }

    /** The next request that contains this text is passed on, but its connection breaks in place of the answer. */
    public void cutAnswerTo(String text) {
        cutAnswersTo(text, 1);
    }

    /** The same for so many requests. */
    public synchronized void cutAnswersTo(String text, int times) {
        awaited = text;
        answersToCut = times;
    }

    /** Back to passing everything on, at once. Connections that were silent are broken, as by a peer that has forgotten them. */
    public synchronized void passOn() {
        silent = false;
        delay = Duration.ZERO;
        budget = Long.MAX_VALUE;
        answersToCut = 0;
        notifyAll();
        links.stream().filter(link -> link.useless).forEach(link -> link.end(true));
    }

    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        passOn();
        cut(false);
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = door.accept();
            start(() -> new Link(client).run());
        }
    }

    private synchronized boolean isToBeCut(String request) {
        return answersToCut > 0 && request.contains(awaited) && answersToCut-- > 0;
    }

    /** How many of the bytes may pass. */
    private synchronized int spend(int length) {
        int passing = (int) Math.min(length, budget);
        budget -= budget == Long.MAX_VALUE ? 0 : passing;
        return passing;
    }

    private synchronized boolean spentAll() {
        boolean spent = budget == 0;
        if (spent) {
            budget = Long.MAX_VALUE;
        }
        return spent;
    }

    /** Waits as long as the delay in force says, less when it is lifted meanwhile. */
    private synchronized void holdUp() {
        long since = System.nanoTime();
        while (true) {
            long left = delay.toNanos() - (System.nanoTime() - since);
            if (left <= 0) {
                return;
            }
            try {
                wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** One connection: a thread and a socket for each direction. */
    private final class Link {
        private final Socket client;
        private final Socket server = new Socket();
        private volatile boolean useless;
        private volatile boolean answerLost;

        Link(Socket client) {
            this.client = client;
        }

        void run() throws IOException {
            synchronized (TcpProxy.this) {
                useless = silent;
                links.add(this);
            }
            try {
                server.connect(target, CONNECT_MILLIS);
                server.setTcpNoDelay(true);
                client.setTcpNoDelay(true);
            } catch (IOException nobodyListens) {
                end(true);
                return;
            }
            start(() -> pump(server, client, false));
            pump(client, server, true);
        }

        private void pump(Socket from, Socket to, boolean asking) throws IOException {
            byte[] buffer = new byte[1 << 16];
            boolean reset = false;
            try {
                int length;
                while ((length = from.getInputStream().read(buffer)) >= 0) {
                    holdUp();
                    if (useless) {
                        continue;
                    }
                    if (asking && isToBeCut(new String(buffer, 0, length, StandardCharsets.ISO_8859_1))) {
                        answerLost = true;
                    } else if (!asking && answerLost) {
                        return; // the answer has come, so what was asked for is done
                    }
                    to.getOutputStream().write(buffer, 0, spend(length));
                    if (spentAll()) {
                        reset = true;
                        return;
                    }
                }
                if (useless) {
                    awaitEnd(); // the other side must not learn that this one has gone
                }
            } finally {
                end(reset);
            }
        }

        private void awaitEnd() {
            synchronized (TcpProxy.this) {
                while (silent && links.contains(this)) {
                    try {
                        TcpProxy.this.wait();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        return;
                    }
                }
            }
        }

        void end(boolean reset) {
            links.remove(this);
            end(client, reset);
            end(server, reset);
        }

        private void end(Socket socket, boolean reset) {
            try (socket) {
                if (reset && !socket.isClosed()) {
                    socket.setSoLinger(true, 0); // no time to linger makes the kernel send RST in place of FIN
                }
            } catch (IOException alreadyGone) {
                // That is what was wanted.
            }
        }
    }

    private interface Task {
        void run() throws IOException;
    }

    private static void start(Task task) {
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                    } catch (IOException e) {
                        // One side has closed the connection, or the proxy was closed.
                    }
                },
                "tcp-proxy");
        thread.setDaemon(true);
        thread.start();
    }
}
