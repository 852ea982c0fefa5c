package io.jobtrail.run;

import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import net.greghaines.jesque.Job;
import net.greghaines.jesque.worker.JobExecutor;
import net.greghaines.jesque.worker.WorkerPoolImpl;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisException;

/**
 * One worker thread as Resque's tools know it: registered under its name, showing what it works on. Waits in a blocking pop
 * over its queues, the most urgent first. What it pops is a hint and is handed on; when Redis cannot be asked, it looks into
 * Postgres instead. Carries no duty: whatever it drops or sees twice, the claim in Postgres sorts out.
 */
final class QueueWorker extends WorkerPoolImpl {
    private static final Logger LOG = LoggerFactory.getLogger(QueueWorker.class);

    private final Redis redis;
    private final ResqueBoard board;
    private final RedisWaits waits;
    private final SharedPop pops;
    private final List<QueueName> queues;
    private final Supplier<Set<QueueName>> paused;
    private final BiConsumer<UUID, Supplier<Optional<UUID>>> runner;
    private final Runnable withoutRedis;
    private long registeredAt;
    private Instant awaySince;

    /**
     * @param paused those of the queues whose lists are left alone at the moment
     * @param runner runs a popped job, and those that it then asks for
     * @param withoutRedis asks Postgres for one job and runs it, or waits a moment when there is none
     */
    QueueWorker(
            Redis redis,
            ResqueBoard board,
            RedisWaits waits,
            SharedPop pops,
            List<QueueName> queues,
            Supplier<Set<QueueName>> paused,
            BiConsumer<UUID, Supplier<Optional<UUID>>> runner,
            Runnable withoutRedis) {
        super(
                JobQueue.config(),
                queues.stream().map(QueueName::wireName).toList(),
                job -> {
                    throw new UnsupportedOperationException("jobs are not made from what Redis says");
                },
                redis.pool());
        this.redis = redis;
        this.board = board;
        this.waits = waits;
        this.pops = pops;
        this.queues = queues;
        this.paused = paused;
        this.runner = runner;
        this.withoutRedis = withoutRedis;
    }

    @Override
    public void run() {
        if (!state.compareAndSet(JobExecutor.State.NEW, JobExecutor.State.RUNNING)) {
            return; // ended before it began
        }
        try {
            poll();
        } finally {
            board.remove(getName());
            quietly(() -> redis.call(jedis -> {
                jedis.srem(key("workers"), getName());
                return jedis.del(
                        key("worker", getName()),
                        key("worker", getName(), "started"),
                        key("stat", "processed", getName()));
            }));
        }
    }

    @Override
    protected void poll() {
        while (!isShutdown()) {
            var closed = paused.get();
            var keys = queues.stream()
                    .filter(queue -> !closed.contains(queue))
                    .map(JobQueue::key)
                    .toArray(String[]::new);
            if (keys.length == 0) {
                withoutRedis.run(); // finds nothing either, and waits a moment
                continue;
            }
            List<String> popped;
            try {
                register();
                popped = redis.call(jedis -> jedis.blpop((int) waits.pop().toSeconds(), keys));
                back();
            } catch (JedisException e) {
                away(e);
                workWithoutRedis();
                continue;
            }
            if (popped != null) {
                handle(popped.get(0), popped.get(1));
            }
        }
    }

    /** For a while at a time. */
    private void workWithoutRedis() {
        var begin = System.nanoTime();
        do {
            withoutRedis.run();
        } while (!isShutdown() && System.nanoTime() - begin < waits.askAgain().toNanos());
    }

    private void handle(String key, String text) {
        if (isShutdown()) {
            putBack(key, text);
        } else {
            entry(key, text).ifPresent(entry -> work(key, entry));
        }
    }

    private void putBack(String key, String text) {
        quietly(() -> redis.call(jedis -> jedis.lpush(key, text)));
    }

    private static Optional<JobQueue.Entry> entry(String key, String text) {
        var entry = JobQueue.parse(text);
        if (entry.isEmpty()) {
            LOG.warn("dropped an entry of {} that is no job of ours ({} characters)", key, text.length());
        }
        return entry;
    }

    private void work(String key, JobQueue.Entry entry) {
        var line = board.line(getName());
        line.begins(() -> status(key, entry));
        try {
            runner.accept(entry.id(), () -> next(line));
        } finally {
            line.ended();
        }
    }

    /**
     * What stands in the lists now. The last job is not recorded yet, so nothing is waited for; a Redis that hangs is left to
     * the loop.
     */
    private Optional<UUID> next(ResqueBoard.Line line) {
        if (isShutdown() || mustRegister()) {
            return Optional.empty();
        }
        try {
            while (true) {
                var popped = pops.pop();
                if (popped.isEmpty()) {
                    return Optional.empty();
                }
                var key = popped.get().key();
                if (isShutdown()) { // meanwhile
                    putBack(key, popped.get().text());
                    return Optional.empty();
                }
                var entry = entry(key, popped.get().text());
                if (entry.isPresent()) {
                    line.ended();
                    line.begins(() -> status(key, entry.get()));
                    return entry.map(JobQueue.Entry::id);
                }
            }
        } catch (JedisException e) {
            return Optional.empty();
        }
    }

    private String status(String key, JobQueue.Entry entry) {
        try {
            var queue = key.substring(key("queue").length() + 1);
            return statusMsg(queue, new Job(entry.handler(), entry.id().toString()));
        } catch (IOException e) {
            throw new IllegalStateException("two strings can always be written as JSON", e);
        }
    }

    /**
     * Again and again: a Redis that was wiped has forgotten it. One that takes no writes, as with its memory full, is found out
     * here: it would still hand out what it has, but no push would reach it.
     */
    private void register() {
        if (mustRegister()) {
            redis.call(jedis -> {
                jedis.sadd(key("workers"), getName());
                return jedis.setnx(
                        key("worker", getName(), "started"), Instant.now().toString());
            });
            registeredAt = System.nanoTime();
        }
    }

    private boolean mustRegister() {
        return registeredAt == 0
                || awaySince != null
                || System.nanoTime() - registeredAt > waits.register().toNanos();
    }

    private void away(JedisException e) {
        if (awaySince == null) {
            awaySince = Instant.now();
            LOG.warn(
                    "Redis cannot be used ({}); this worker claims straight from Postgres until it can",
                    e.getMessage());
        }
    }

    private void back() {
        if (awaySince != null) {
            LOG.info(
                    "Redis is back after {} s; this worker waits there again",
                    Duration.between(awaySince, Instant.now()).toSeconds());
            awaySince = null;
        }
    }

    /** Bookkeeping for Resque's tools: worth doing, not worth failing for. */
    private static void quietly(Runnable bookkeeping) {
        try {
            bookkeeping.run();
        } catch (JedisException e) {
            LOG.debug("bookkeeping in Redis left out: {}", e.getMessage());
        }
    }
}
