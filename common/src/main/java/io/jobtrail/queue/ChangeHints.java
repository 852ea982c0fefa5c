package io.jobtrail.queue;

import io.jobtrail.job.ChangeListener;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the web processes through Redis which jobs have just been changed, so that they need not wait for their next look into
 * Postgres. Written behind the changes by a thread of its own, all that came together in one message: a change never waits for it
 * and never fails because of it. What cannot be told is forgotten.
 */
public final class ChangeHints implements ChangeListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeHints.class);

    static final String CHANNEL = "jobtrail:changes";

    /** Instead of ids: too many to be named. */
    static final String ANY = "*";

    private static final int NAMED = 64;
    private static final Duration BETWEEN = Duration.ofMillis(2);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final Redis redis;
    private final Thread writer = new Thread(this::write, "change-hints");
    private Set<UUID> pending = new HashSet<>();
    private boolean closed;

    public ChangeHints(Redis redis) {
        this.redis = redis;
        writer.setDaemon(true);
        writer.start();
    }

    @Override
    public void changed(Collection<UUID> jobs) {
        if (jobs.isEmpty()) {
            return;
        }
        synchronized (this) {
            if (pending.size() <= NAMED) {
                pending.addAll(jobs);
                notifyAll();
            }
        }
    }

    private synchronized String take() throws InterruptedException {
        while (pending.isEmpty() && !closed) {
            wait();
        }
        var taken = pending;
        pending = new HashSet<>();
        return taken.isEmpty() || taken.size() > NAMED
                ? ANY
                : taken.stream().map(UUID::toString).collect(Collectors.joining(","));
    }

    private void write() {
        try {
            while (!isClosed()) {
                var message = take();
                Thread.sleep((tell(message) ? BETWEEN : AFTER_FAILURE).toMillis());
            }
        } catch (InterruptedException e) {
            LOG.debug("no more hints");
        }
    }

    private synchronized boolean isClosed() {
        return closed && pending.isEmpty();
    }

    private boolean tell(String message) {
        try {
            redis.call(jedis -> jedis.publish(CHANNEL, message));
            return true;
        } catch (RuntimeException e) { // whatever it is, the change is committed
            LOG.debug("changes were not told through Redis: {}", e.toString());
            return false;
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            writer.join(AFTER_FAILURE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        writer.interrupt();
    }
}
