package io.jobtrail.bench.process;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What was started, to be ended in the reverse order; what does not end well keeps the others from nothing. May be closed while
 * another thread still starts something: that is ended as it comes.
 */
public final class Parts implements AutoCloseable {
    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private boolean closed;

    public <T extends AutoCloseable> T add(T part) {
        synchronized (started) {
            if (!closed) {
                started.push(part);
                return part;
            }
        }
        end(part);
        throw new IllegalStateException("stopped while starting");
    }

    /** Ends this one before the others. */
    public void end(AutoCloseable part) {
        synchronized (started) {
            started.remove(part);
        }
        try {
            part.close();
        } catch (Exception e) {
            System.err.println("while stopping: " + e);
        }
    }

    /** Also returns only when all has ended if another thread has begun to end it. */
    @Override
    public synchronized void close() {
        for (AutoCloseable part; (part = newest()) != null; ) {
            end(part);
        }
    }

    private AutoCloseable newest() {
        synchronized (started) {
            closed = true;
            return started.peek();
        }
    }
}
