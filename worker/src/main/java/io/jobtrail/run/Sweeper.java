package io.jobtrail.run;

import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.store.Database;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.JobStore;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Finds what fell by the wayside: takes jobs from workers that give no sign of life, and pushes ids of due jobs that are
 * missing in Redis. Runs in every worker process; one at a time does the work.
 */
public final class Sweeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
    private static final int BATCH = 5_000;

    private final Database database;
    private final JobStore store;
    private final JobReader reader;
    private final JobQueue queue;
    private final Dispatcher dispatcher;
    private final Set<String> handlers;
    private final Duration lease;
    private final String actor;
    private final ScheduledExecutorService thread;

    /**
     * @param queue null = no Redis, nothing is pushed
     * @param handlers what this process can run: jobs for others are pushed by the processes that can
     */
    public Sweeper(
            Database database,
            JobStore store,
            JobReader reader,
            JobQueue queue,
            Dispatcher dispatcher,
            Set<String> handlers,
            Duration lease,
            String actor) {
        this.database = database;
        this.store = store;
        this.reader = reader;
        this.queue = queue;
        this.dispatcher = dispatcher;
        this.handlers = handlers;
        this.lease = lease;
        this.actor = actor;
        thread = Executors.newSingleThreadScheduledExecutor(task -> {
            var sweeping = new Thread(task, "sweeper");
            sweeping.setDaemon(true);
            return sweeping;
        });
    }

    public void start() {
        thread.scheduleWithFixedDelay(() -> sweep("release", this::releaseStale), 1, 5, TimeUnit.SECONDS);
        if (queue != null) {
            thread.scheduleWithFixedDelay(() -> sweep("push", this::pushMissing), 1, 1, TimeUnit.SECONDS);
        }
    }

    private void sweep(String name, Runnable work) {
        try {
            database.exclusively("jobtrail.sweep." + name, work);
        } catch (RuntimeException e) {
            if (e instanceof JedisException || e instanceof DatabaseFailure failure && failure.isUnavailable()) {
                LOG.debug("sweep '{}' left out: {}", name, e.getMessage());
            } else {
                LOG.error("sweep '{}' failed; the next one follows within seconds", name, e);
            }
        }
    }

    void releaseStale() {
        for (var released : store.releaseStale(lease, 500, actor)) {
            LOG.warn(
                    "job {} was taken from worker {}, which has not been heard of for {} s; it is {} now",
                    released.id(),
                    released.lostBy(),
                    lease.toSeconds(),
                    released.status().wireName());
        }
    }

    /** By set difference, so that a long list is not pushed a second time. Only looks when Redis holds fewer ids than are due. */
    void pushMissing() {
        for (var name : QueueName.values()) {
            if (reader.dueCount(name, handlers) > queue.length(name)) {
                var due = reader.due(name, handlers, BATCH);
                var known = queue.ids(name);
                var missing = due.stream()
                        .filter(job -> !known.contains(job.id()))
                        .map(job -> new JobQueue.Entry(job.handler(), job.id()))
                        .toList();
                if (!missing.isEmpty() && dispatcher.push(name, missing)) {
                    LOG.debug("pushed {} due ids to queue {}", missing.size(), name.wireName());
                }
            }
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
