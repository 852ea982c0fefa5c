package io.jobtrail.queue;

import io.jobtrail.job.QueueName;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the workers through Redis that a committed job is due. The only class that pushes. Never fails its caller: the job is
 * safe in Postgres, and the sweeper pushes what is missing in Redis.
 */
public final class Dispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    /** After a failed push the next ones are left to the sweeper for a moment, so that no caller waits for a dead Redis. */
    private static final long PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

    private final JobQueue queue;
    private volatile long pausedUntil = System.nanoTime();

    /** @param queue null when the system runs without Redis: workers then look into Postgres */
    public Dispatcher(JobQueue queue) {
        this.queue = queue;
    }

    /** @return whether the ids stand in Redis now */
    public boolean push(QueueName name, List<JobQueue.Entry> entries) {
        return push(name, entries.size(), () -> queue.push(name, entries));
    }

    /** For jobs that are older than those in the list. */
    public boolean pushFirst(QueueName name, List<JobQueue.Entry> entries) {
        return push(name, entries.size(), () -> queue.pushFirst(name, entries));
    }

    private boolean push(QueueName name, int entries, Runnable push) {
        if (entries == 0) {
            return true;
        }
        if (queue == null || System.nanoTime() - pausedUntil < 0) {
            return false;
        }
        try {
            push.run();
            return true;
        } catch (RuntimeException e) { // whatever it is, the job is committed
            pausedUntil = System.nanoTime() + PAUSE_NANOS;
            LOG.warn(
                    "Redis did not take {} ids for queue {} ({}); the jobs stay queued in Postgres and the sweeper of any "
                            + "worker pushes them within seconds of Redis being back",
                    entries,
                    name.wireName(),
                    e.toString());
            return false;
        }
    }

    public boolean push(QueueName name, String handler, UUID id) {
        return push(name, 1, () -> queue.push(name, new JobQueue.Entry(handler, id)));
    }
}
