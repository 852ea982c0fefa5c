package io.jobtrail.queue;

import io.jobtrail.job.QueueName;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
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

    /** A Redis that hangs takes longer to fail than one that refuses: most of the time nobody waits for it. */
    private static final int PAUSES_PER_WAIT = 5;

    /** However long this process itself was stopped in the middle of a push. */
    private static final long LONGEST_PAUSE_NANOS = Duration.ofSeconds(10).toNanos();

    /** More than any push takes. */
    private static final long LONGEST_TRY_NANOS = Duration.ofSeconds(30).toNanos();

    private final JobQueue queue;
    private final LongSupplier nanoTime;
    private final AtomicLong pausedUntil;
    private volatile boolean failing;

    /** @param queue null when the system runs without Redis: workers then look into Postgres */
    public Dispatcher(JobQueue queue) {
        this(queue, System::nanoTime);
    }

    Dispatcher(JobQueue queue, LongSupplier nanoTime) {
        this.queue = queue;
        this.nanoTime = nanoTime;
        pausedUntil = new AtomicLong(nanoTime.getAsLong());
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
        if (queue == null || isPaused()) {
            return false;
        }
        long begun = nanoTime.getAsLong();
        try {
            push.run();
            if (failing) {
                failing = false;
                pausedUntil.set(begun);
            }
            return true;
        } catch (RuntimeException e) { // whatever it is, the job is committed
            failing = true;
            long failed = nanoTime.getAsLong();
            long pause = Math.max(PAUSE_NANOS, PAUSES_PER_WAIT * (failed - begun));
            pausedUntil.set(failed + Math.min(pause, LONGEST_PAUSE_NANOS));
            LOG.warn(
                    "Redis did not take {} ids for queue {} ({}); the jobs stay queued in Postgres and the sweeper of any "
                            + "worker pushes them within seconds of Redis being back",
                    entries,
                    name.wireName(),
                    e.toString());
            return false;
        }
    }

    /** After a pause one caller tries, and the others go on until it knows. */
    private boolean isPaused() {
        long now = nanoTime.getAsLong();
        long until = pausedUntil.get();
        return now - until < 0 || failing && !pausedUntil.compareAndSet(until, now + LONGEST_TRY_NANOS);
    }

    public boolean push(QueueName name, String handler, UUID id) {
        return push(name, 1, () -> queue.push(name, new JobQueue.Entry(handler, id)));
    }
}
