package io.jobtrail.bench.storm;

import java.util.concurrent.atomic.AtomicReference;

/** The first failure of tasks that run on threads of others, where it would be lost: a storm whose clients broke proves nothing. */
final class FirstFailure {
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    interface Task {
        void run() throws InterruptedException;
    }

    /** The task, with whatever it throws kept; being interrupted is no failure. */
    Runnable guard(Task task) {
        return () -> {
            try {
                task.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        };
    }

    boolean isThere() {
        return failure.get() != null;
    }

    void rethrow() {
        if (isThere()) {
            throw new IllegalStateException("the storm's own clients failed: " + failure.get(), failure.get());
        }
    }
}
