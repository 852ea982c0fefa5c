package io.jobtrail.bench.storm;

import java.util.ArrayDeque;
import java.util.Deque;

/** What was started, to be ended in the reverse order; what does not end well keeps the others from nothing. */
final class Parts implements AutoCloseable {
    private final Deque<AutoCloseable> started = new ArrayDeque<>();

    <T extends AutoCloseable> T add(T part) {
        started.push(part);
        return part;
    }

    @Override
    public void close() {
        while (!started.isEmpty()) {
            try {
                started.pop().close();
            } catch (Exception e) {
                System.err.println("while stopping: " + e);
            }
        }
    }
}
