package io.jobtrail.api;

import io.jobtrail.store.ChangePosition;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.io.EndPoint;

/**
 * One connection that events are written to, by whatever thread finds room in it; nobody ever waits for it. Whoever sends must look
 * whether there is room: what is sent is kept until the client takes it. Does not know what is written.
 */
final class EventClient implements WriteListener {
    /** Some seven hundred events. */
    private static final int MOST_BYTES = 256 << 10;

    private final String realm;
    private final Permission permission;
    private final ServletOutputStream out;
    private final EndPoint connection;
    private final Queue<byte[]> pending = new ArrayDeque<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private long pendingBytes;
    private boolean unflushed;
    private long tookAt;

    /** Only the stream reads and writes it: null until the client has joined; then how far it has been told. */
    ChangePosition position;

    /** Likewise: whether the client is told everything as it comes. */
    boolean live;

    /** Likewise: when it was written to. */
    long writtenAt;

    /**
     * @param realm null = all
     * @param permission to be told at all
     */
    EventClient(String realm, Permission permission, ServletOutputStream out, EndPoint connection) {
        this.realm = realm;
        this.permission = permission;
        this.out = out;
        this.connection = connection;
    }

    String realm() {
        return realm;
    }

    Permission permission() {
        return permission;
    }

    /** Done when nothing more can be written. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    void send(String text) {
        writtenAt = System.nanoTime();
        synchronized (this) {
            if (pending.isEmpty()) {
                tookAt = writtenAt;
            }
            var bytes = text.getBytes(StandardCharsets.UTF_8);
            pending.add(bytes);
            pendingBytes += bytes.length;
            write();
        }
    }

    /** Whether more may be sent before it takes some of what was. */
    synchronized boolean hasRoom() {
        return pendingBytes < MOST_BYTES;
    }

    /** For how long it has taken nothing of what waits for it. */
    synchronized Duration stuckFor() {
        return pending.isEmpty() ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - tookAt);
    }

    /** Whether it has taken all that was sent. */
    synchronized boolean hasTakenAll() {
        return pending.isEmpty();
    }

    @Override
    public synchronized void onWritePossible() {
        write();
    }

    private void write() {
        try {
            while (!ended.isDone() && out.isReady()) {
                var next = pending.poll();
                if (next != null) {
                    pendingBytes -= next.length;
                    tookAt = System.nanoTime();
                    out.write(next);
                    unflushed = true;
                } else if (unflushed) {
                    out.flush();
                    unflushed = false;
                } else {
                    return;
                }
            }
        } catch (IOException | IllegalStateException e) {
            end();
        }
    }

    @Override
    public void onError(Throwable failure) {
        end();
    }

    /** Not in the thread that found it out, which may hold the lock of this or of the server. */
    private void end() {
        ended.completeAsync(() -> null);
    }

    /** Without waiting for what is still to be written. */
    void cutOff() {
        connection.close();
        end();
    }

    /** After what was written; the client comes again. */
    void finish() {
        end();
    }
}
