package io.jobtrail.run;

import io.jobtrail.queue.Redis;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.exceptions.JedisException;

/**
 * What Resque's tools show about the worker threads of this process: the job of each, and how many there were. Written behind
 * the jobs, for all threads in one round trip, so that a quick job costs Redis nothing but its pop. Nothing rests on it: what
 * cannot be written is left out.
 */
final class ResqueBoard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ResqueBoard.class);
    private static final Duration INTERVAL = Duration.ofMillis(100);
    private static final Supplier<String> UNKNOWN = () -> "";
    private static final String PROCESSED = "resque:stat:processed";

    private final Redis redis;
    private final Map<String, Line> lines = new ConcurrentHashMap<>();
    private final ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor(task -> {
        var thread = new Thread(task, "resque-board");
        thread.setDaemon(true);
        return thread;
    });

    ResqueBoard(Redis redis) {
        this.redis = redis;
        var millis = INTERVAL.toMillis();
        writer.scheduleWithFixedDelay(this::write, millis, millis, TimeUnit.MILLISECONDS);
    }

    /** One worker thread. Its own thread says what is true; only the writer's reads what was written. */
    final class Line {
        private final String name;
        private final LongAdder done = new LongAdder();
        private volatile Supplier<String> job;
        private Supplier<String> writtenJob;

        private Line(String name) {
            this.name = name;
        }

        /** @param status in Resque's form, asked for only if the job lasts long enough to be shown */
        void begins(Supplier<String> status) {
            job = status;
        }

        void ended() {
            job = null;
            done.increment();
        }

        private boolean isChanged() {
            return job != writtenJob || done.sum() > 0;
        }

        private void writeTo(Pipeline pipeline) {
            var now = job;
            if (now != writtenJob) {
                if (now == null) {
                    pipeline.del("resque:worker:" + name);
                } else {
                    pipeline.set("resque:worker:" + name, now.get());
                }
                writtenJob = now;
            }
            var ended = done.sumThenReset();
            if (ended > 0) {
                pipeline.incrBy(PROCESSED, ended);
                pipeline.incrBy(PROCESSED + ":" + name, ended);
            }
        }
    }

    Line line(String worker) {
        return lines.computeIfAbsent(worker, Line::new);
    }

    /** The thread of this name has ended; whoever took it off the list of workers removes its keys. */
    void remove(String worker) {
        write();
        lines.remove(worker);
    }

    private synchronized void write() {
        var changed = lines.values().stream().filter(Line::isChanged).toList();
        if (changed.isEmpty()) {
            return;
        }
        try {
            redis.call(jedis -> {
                var pipeline = jedis.pipelined();
                changed.forEach(line -> line.writeTo(pipeline));
                pipeline.sync();
                return null;
            });
        } catch (JedisException e) {
            changed.forEach(line -> line.writtenJob = UNKNOWN);
            LOG.debug("what Resque's tools show was not written: {}", e.getMessage());
        } catch (RuntimeException e) { // one that escaped would end the schedule
            LOG.warn("what Resque's tools show was not written", e);
        }
    }

    @Override
    public void close() {
        writer.shutdownNow();
        write();
    }
}
