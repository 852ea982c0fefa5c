package io.jobtrail.run;

import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.ChunkStore;
import io.jobtrail.store.Database;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.JobStore;
import io.jobtrail.store.Leases;
import io.jobtrail.store.Prompts;
import io.jobtrail.sweep.PushMissing;
import io.jobtrail.sweep.Sweep;
import io.jobtrail.sweep.Sweeper;
import io.jobtrail.sweep.Sweeps;
import io.jobtrail.testing.JobFactory;
import io.jobtrail.testing.JobtrailDatabase;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The parts of a worker around a {@link ScriptedHandler}, put together as the process does it. Retries are due at once. */
final class RunnerRig implements AutoCloseable {
    static final Duration LONG = Duration.ofMinutes(5);

    private static final Duration SOON = Duration.ofMillis(100);
    static final RedisWaits HASTY = new RedisWaits(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1));

    final ScriptedHandler handler = new ScriptedHandler();
    final Handlers handlers = Handlers.load(List.of(handler), Path.of("no-such-directory"));
    final Database database;
    final JobStore store;
    final JobReader reader;
    final Heartbeats heartbeats;
    final MeterRegistry meters = new SimpleMeterRegistry();
    final JobRunner runner;
    private final Database beats;
    private final Duration lease;

    RunnerRig(Database database, DatabaseUrl url, Duration heartbeat, Duration lease) {
        this(database, url, heartbeat, lease, LONG);
    }

    /** @param hearing a handler that goes on for so long after it was stopped is written off */
    RunnerRig(Database database, DatabaseUrl url, Duration heartbeat, Duration lease, Duration hearing) {
        this(database, url, heartbeat, lease, hearing, TracerProvider.noop().get("rig"));
    }

    /** @param tracer gets the spans of the attempts */
    RunnerRig(Database database, DatabaseUrl url, Duration heartbeat, Duration lease, Duration hearing, Tracer tracer) {
        this.database = database;
        this.lease = lease;
        store = new JobStore(database);
        reader = new JobReader(database);
        beats = new Database(url, "beats", 0, 1);
        heartbeats = new Heartbeats(new Leases(beats), heartbeat, lease, hearing);
        runner = new JobRunner(
                store,
                new Documents(new DocumentStore(database), null),
                new ChunkStore(database),
                new Prompts(database),
                handlers,
                heartbeats,
                new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(1), () -> 0),
                lease,
                meters,
                tracer);
    }

    /** Heartbeats at every tick, a lease longer than any test. */
    static RunnerRig on(JobtrailDatabase database) {
        return new RunnerRig(database.runtime(), database.url(), Duration.ofMillis(100), LONG);
    }

    /** A database that cannot be reached. */
    static Database nowhere(Duration patience) throws IOException {
        try (var socket = new ServerSocket(0)) {
            var url = DatabaseUrl.parse("postgresql://nobody@127.0.0.1:" + socket.getLocalPort() + "/none");
            return new Database(url, "nowhere", 0, 1, patience, patience);
        }
    }

    static JobFactory aJob(JobtrailDatabase database) {
        return database.aJob().handler(ScriptedHandler.NAME);
    }

    /** @param redis null = without */
    Workers workers(Redis redis, QueueName... queues) {
        return workers(redis, HASTY, queues);
    }

    Workers workers(Redis redis, RedisWaits waits, QueueName... queues) {
        return new Workers(runner, store, heartbeats, handlers, redis, waits, List.of(queues), "rig", SOON);
    }

    /** With the duties of a worker process, done more often. */
    Sweeper sweeper(Redis redis) {
        var queue = new JobQueue(redis);
        var sweeps = Sweeps.ofEveryProcess(database, queue, lease, null, "sweeper:rig");
        sweeps.add(new PushMissing(reader, queue, new Dispatcher(queue), handlers.names()));
        return new Sweeper(database, sweeps.stream().<Sweep>map(Hasty::new).toList(), SOON);
    }

    private record Hasty(Sweep sweep) implements Sweep {
        @Override
        public String name() {
            return sweep.name();
        }

        @Override
        public boolean isShared() {
            return sweep.isShared();
        }

        @Override
        public Duration interval() {
            return SOON;
        }

        @Override
        public Duration run() {
            return sweep.run().isZero() ? Duration.ZERO : SOON;
        }
    }

    @Override
    public void close() {
        heartbeats.close();
        beats.close();
    }
}
