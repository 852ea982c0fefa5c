package io.jobtrail.bench.speed.peer.jesque;

import static net.greghaines.jesque.utils.JesqueUtils.entry;
import static net.greghaines.jesque.utils.JesqueUtils.map;

import io.jobtrail.bench.speed.peer.Backends;
import io.jobtrail.bench.speed.peer.Contestant;
import io.jobtrail.bench.speed.tally.Payload;
import io.jobtrail.bench.speed.tally.Tally;
import java.net.URI;
import java.util.List;
import java.util.stream.IntStream;
import net.greghaines.jesque.Config;
import net.greghaines.jesque.ConfigBuilder;
import net.greghaines.jesque.Job;
import net.greghaines.jesque.client.ClientImpl;
import net.greghaines.jesque.worker.MapBasedJobFactory;
import net.greghaines.jesque.worker.Worker;
import net.greghaines.jesque.worker.WorkerImpl;

/** Jesque as its documentation shows it: a connection for each worker and each client, no Postgres, no history. */
public final class PlainJesque implements Contestant {
    private static final String QUEUE = "speed";
    private static final int BATCH = 1_000;
    private static final long SHUTDOWN_MILLIS = 10_000;

    @Override
    public String name() {
        return "jesque";
    }

    @Override
    public boolean usesPostgres() {
        return false;
    }

    @Override
    public void preload(Backends backends, int jobs) {
        var client = new ClientImpl(config(backends));
        for (int from = 0; from < jobs; from += BATCH) {
            client.batchEnqueue(
                    QUEUE,
                    IntStream.range(from, Math.min(from + BATCH, jobs))
                            .mapToObj(i -> job(Tally.now()))
                            .toList());
        }
        client.end();
    }

    @Override
    public Producer producer(Backends backends) {
        var config = config(backends);
        var clients = ThreadLocal.withInitial(() -> new ClientImpl(config));
        return new Producer() {
            @Override
            public void enqueue(long sent) {
                clients.get().enqueue(QUEUE, job(sent));
            }

            @Override
            public void close() {} // the process ends
        };
    }

    @Override
    public AutoCloseable work(Backends backends, int threads) {
        PlainJob.handled = backends.handled();
        var config = config(backends);
        var workers = IntStream.range(0, threads)
                .mapToObj(i -> (Worker) new WorkerImpl(
                        config,
                        List.of(QUEUE),
                        new MapBasedJobFactory(map(entry(PlainJob.class.getSimpleName(), PlainJob.class)))))
                .toList();
        var running = workers.stream().map(Thread::new).toList();
        running.forEach(Thread::start);
        return () -> {
            workers.forEach(worker -> worker.end(false));
            for (var thread : running) {
                thread.join(SHUTDOWN_MILLIS);
            }
        };
    }

    private static Job job(long sent) {
        return new Job(PlainJob.class.getSimpleName(), Payload.json(sent));
    }

    private static Config config(Backends backends) {
        var address = URI.create(backends.redisUrl());
        return new ConfigBuilder()
                .withHost(address.getHost())
                .withPort(address.getPort())
                .build();
    }
}
