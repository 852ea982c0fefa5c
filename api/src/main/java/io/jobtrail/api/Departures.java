package io.jobtrail.api;

import jakarta.servlet.ServletRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices callers that go away while nothing is sent to them. The server itself notices only when it reads or writes, and it does
 * neither while somebody waits. Looks at the sockets without reading from them.
 */
final class Departures implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Departures.class);

    private final Selector selector;
    private final Thread watcher = new Thread(this::run, "departures");

    /** Done by the thread that selects: nobody else may touch a key while it is being removed. */
    private final Queue<Runnable> orders = new ConcurrentLinkedQueue<>();

    private volatile boolean closed;

    Departures() {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException("sockets cannot be watched", e);
        }
        watcher.setDaemon(true);
        watcher.start();
    }

    /** The connection of a request. */
    static EndPoint connection(ServletRequest request) {
        return ServletContextRequest.getServletContextRequest(request)
                .getConnectionMetaData()
                .getConnection()
                .getEndPoint();
    }

    /**
     * To be ended with {@link #forget}.
     *
     * @param left called at most once, by a thread that must not be held up; may come late, after forget
     */
    void watch(EndPoint connection, Runnable left) {
        if (connection.getTransport() instanceof SocketChannel channel) {
            orders.add(() -> register(channel, left));
            selector.wakeup();
        }
    }

    void forget(EndPoint connection) {
        if (connection.getTransport() instanceof SocketChannel channel) {
            orders.add(() -> cancel(channel.keyFor(selector)));
            selector.wakeup(); // a socket that was closed stays open in the system until then
        }
    }

    private void register(SocketChannel channel, Runnable left) {
        try {
            if (channel.keyFor(selector) != null) {
                selector.selectNow(this::readable); // removes the key of an earlier request
            }
            channel.register(selector, SelectionKey.OP_READ, left);
        } catch (ClosedChannelException e) {
            left.run();
        } catch (IOException e) {
            LOG.warn("a caller is not watched", e);
        }
    }

    private static void cancel(SelectionKey key) {
        if (key != null) {
            key.cancel();
        }
    }

    private void run() {
        while (!closed) {
            try {
                selector.select(this::readable);
                for (var order = orders.poll(); order != null; order = orders.poll()) {
                    order.run();
                }
            } catch (IOException | RuntimeException e) {
                LOG.warn("departed callers are not noticed at the moment", e);
            }
        }
    }

    /** There is something to read, or nothing any more. In the first case the caller is there and has sent its next request early. */
    private void readable(SelectionKey key) {
        var left = (Runnable) key.attachment();
        if (hasLeft((SocketChannel) key.channel())) {
            left.run();
        }
        key.cancel();
    }

    private static boolean hasLeft(SocketChannel channel) {
        try {
            return channel.socket().getInputStream().available() == 0;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        try {
            watcher.join();
            selector.close();
        } catch (InterruptedException | IOException e) {
            LOG.debug("sockets are still watched", e);
        }
    }
}
