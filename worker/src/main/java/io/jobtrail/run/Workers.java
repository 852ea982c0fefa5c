package io.jobtrail.run;

import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker threads of a process, as many as jobs may run at once. Starts them again when they die, puts others in the place
 * of those whose handler does not hear, and ends them so that no job is left behind.
 */
public final class Workers {
    /** The longest blocking command that the workers send to Redis. */
    public static final Duration LONGEST_BLOCK = RedisWaits.USUAL.pop();

    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

    private final JobRunner runner;
    private final JobStore store;
    private final Heartbeats heartbeats;
    private final Ending ending;
    private final Handlers handlers;
    private final Redis redis;
    private final ResqueBoard board;
    private final RedisWaits waits;
    private final PausedQueues paused;
    private final SharedPop pops;
    private final List<QueueName> queues;
    private final String name;
    private final Duration pollInterval;
    private final List<WorkerThread> threads = new ArrayList<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private int concurrency;
    private int started;

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
        this(runner, store, heartbeats, handlers, redis, RedisWaits.USUAL, queues, name, pollInterval);
    }

    Workers(
            JobRunner runner,
            JobStore store,
            Heartbeats heartbeats,
            Handlers handlers,
            Redis redis,
            RedisWaits waits,
            List<QueueName> queues,
            String name,
            Duration pollInterval) {
        this.runner = runner;
        this.store = store;
        this.heartbeats = heartbeats;
        ending = new Ending(store, heartbeats);
        this.handlers = handlers;
        this.redis = redis;
        board = redis == null ? null : new ResqueBoard(redis);
        this.waits = waits;
        paused = new PausedQueues(store::pausedQueues);
        pops = redis == null ? null : new SharedPop(redis, queues, paused::now);
        this.queues = queues;
        this.name = name;
        this.pollInterval = pollInterval;
    }

    public synchronized void start(int concurrency) {
        this.concurrency = concurrency;
        heartbeats.onWrittenOff(attempt -> replace(attempt.thread()));
        for (int i = 0; i < concurrency; i++) {
            startOne();
        }
    }

    private synchronized void startOne() {
        var thread = new WorkerThread(started++);
        threads.add(thread);
        thread.start();
    }

    /** The old thread ends when its handler does, if ever. */
    private synchronized void replace(Thread deaf) {
        threads.stream().filter(thread -> thread == deaf).findFirst().ifPresent(thread -> {
            threads.remove(thread);
            thread.takeNoMore();
            if (!isStopping()) {
                startOne();
            }
        });
    }

    /** Why this process can do no more work and has to be replaced; empty while it can. */
    public synchronized Optional<String> fault() {
        return heartbeats
                .fault(concurrency)
                .or(() -> threads.stream().anyMatch(Thread::isAlive)
                        ? Optional.empty()
                        : Optional.of("none of its worker threads lives"));
    }

    /** Runs one job after another until there is a reason to stop. */
    private final class WorkerThread extends Thread {
        private final String worker;
        private volatile boolean writtenOff;
        private volatile QueueWorker waiter;

        WorkerThread(int number) {
            super("worker-" + number);
            worker = name + "-" + number;
        }

        @Override
        public void run() {
            while (mayTakeMore()) {
                try {
                    if (redis == null) {
                        runFromPostgres(worker);
                    } else {
                        waitInRedis();
                    }
                } catch (Throwable e) { // whatever it is, a thread that ended would be one job less at a time
                    startAgain(e);
                }
            }
        }

        private void startAgain(Throwable reason) {
            try {
                LOG.error("worker thread {} failed and starts again in a second", worker, reason);
                pause(Duration.ofSeconds(1));
            } catch (Throwable unsaid) {
                // as when memory ran out: going on matters more than the report
            }
        }

        private void waitInRedis() {
            waiter = new QueueWorker(
                    redis,
                    board,
                    waits,
                    pops,
                    queues,
                    paused::now,
                    (id, next) -> outlastPostgres(() -> {
                        if (!runner.run(id, worker, next)) {
                            paused.suspect();
                        }
                    }),
                    () -> runFromPostgres(worker));
            if (!mayTakeMore()) {
                endWaiting(); // whoever wanted that may not have seen this waiter yet
            }
            waiter.run();
        }

        private boolean mayTakeMore() {
            return !isStopping() && !writtenOff;
        }

        void takeNoMore() {
            writtenOff = true;
            endWaiting();
        }

        void endWaiting() {
            if (waiter != null) {
                waiter.end(false);
            }
        }
    }

    private void runFromPostgres(String worker) {
        outlastPostgres(() -> {
            var claims = store.claim(queues, 1, worker, handlers.names());
            if (claims.isEmpty()) {
                pause(pollInterval);
            }
            claims.forEach(runner::run);
        });
    }

    /** A database that is away is nothing to die of. */
    private void outlastPostgres(Runnable work) {
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
        var last = threads();
        last.forEach(WorkerThread::endWaiting);
        ending.within(patience, time -> await(last, time));
        if (board != null) {
            board.close();
        }
        return last.stream().noneMatch(Thread::isAlive) && heartbeats.writtenOff() == 0;
    }

    private synchronized List<WorkerThread> threads() {
        return List.copyOf(threads);
    }

    private static boolean await(List<WorkerThread> threads, Duration patience) {
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
