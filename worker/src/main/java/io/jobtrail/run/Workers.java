package io.jobtrail.run;

import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker threads of a process, as many as jobs may run at once. Starts them again when they die, and ends them so that no
 * job is left behind.
 */
public final class Workers {
    /** The longest blocking command that the workers send to Redis. */
    public static final Duration LONGEST_BLOCK = QueueWorker.BLOCK;

    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

    private final JobRunner runner;
    private final JobStore store;
    private final Ending ending;
    private final Handlers handlers;
    private final Redis redis;
    private final List<QueueName> queues;
    private final String name;
    private final Duration pollInterval;
    private final List<Thread> threads = new ArrayList<>();
    private final List<QueueWorker> waiting = new ArrayList<>();
    private final CountDownLatch stopping = new CountDownLatch(1);

    /**
     * @param redis null = look for jobs in Postgres, every poll interval
     * @param name of the process; each thread adds its number
     */
    public Workers(
            JobRunner runner,
            JobStore store,
            Heartbeats heartbeats,
            Handlers handlers,
            Redis redis,
            List<QueueName> queues,
            String name,
            Duration pollInterval) {
        this.runner = runner;
        this.store = store;
        ending = new Ending(store, heartbeats);
        this.handlers = handlers;
        this.redis = redis;
        this.queues = queues;
        this.name = name;
        this.pollInterval = pollInterval;
    }

    public void start(int concurrency) {
        for (int i = 0; i < concurrency; i++) {
            var worker = name + "-" + i;
            var thread = new Thread(() -> supervise(worker), "worker-" + i);
            threads.add(thread);
            thread.start();
        }
    }

    private void supervise(String worker) {
        while (!isStopping()) {
            try {
                if (redis == null) {
                    runFromPostgres(worker);
                } else {
                    var waiter = new QueueWorker(
                            redis,
                            queues,
                            entry -> run(() -> runner.run(entry.id(), worker)),
                            () -> runFromPostgres(worker));
                    register(waiter);
                    waiter.run();
                }
            } catch (RuntimeException | Error e) {
                LOG.error("worker thread {} failed and starts again in a second", worker, e);
                pause(Duration.ofSeconds(1));
            }
        }
    }

    private void runFromPostgres(String worker) {
        run(() -> {
            var claims = store.claim(queues, 1, worker, handlers.names());
            if (claims.isEmpty()) {
                pause(pollInterval);
            }
            claims.forEach(runner::run);
        });
    }

    /** A database that is away is nothing to die of. */
    private void run(Runnable work) {
        try {
            work.run();
        } catch (DatabaseFailure e) {
            if (e.isTransient()) {
                LOG.warn(
                        "Postgres hands out no jobs for the moment ({}); a job whose claim was committed although the answer "
                                + "got lost is released once its lease is over",
                        e.getMessage());
            } else {
                LOG.error("Postgres refuses to hand out jobs, and will until its cause is mended", e);
            }
            pause(Duration.ofSeconds(1));
        }
    }

    private synchronized void register(QueueWorker waiter) {
        waiting.removeIf(QueueWorker::isShutdown);
        waiting.add(waiter);
        if (isStopping()) {
            waiter.end(false);
        }
    }

    boolean isStopping() {
        return stopping.getCount() == 0;
    }

    private void pause(Duration time) {
        try {
            stopping.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // An interrupt meant for a handler that has just ended; the loop asks isStopping itself.
            Thread.interrupted();
        }
    }

    /**
     * Takes no more jobs, lets those end that end in time, and gives the rest back to their queues.
     *
     * @param patience how long running jobs may go on
     * @return whether every thread has ended; one that has not is in a handler that does not hear, and its job was given back
     */
    public boolean stop(Duration patience) {
        stopping.countDown();
        synchronized (this) {
            waiting.forEach(waiter -> waiter.end(false));
        }
        ending.within(patience, this::await);
        return threads.stream().noneMatch(Thread::isAlive);
    }

    private boolean await(Duration patience) {
        var end = System.nanoTime() + patience.toNanos();
        try {
            for (var thread : threads) {
                var left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                thread.join(Math.max(1, left));
                if (thread.isAlive()) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
