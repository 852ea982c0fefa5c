package io.jobtrail;

import io.jobtrail.config.Settings;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.process.ProcessDocument;
import io.jobtrail.process.ProcessSettings;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.run.Backoff;
import io.jobtrail.run.Drain;
import io.jobtrail.run.Handlers;
import io.jobtrail.run.Heartbeats;
import io.jobtrail.run.JobRunner;
import io.jobtrail.run.Sweeper;
import io.jobtrail.run.Workers;
import io.jobtrail.store.ChunkStore;
import io.jobtrail.store.Database;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.JobStore;
import io.jobtrail.store.WorkerRegistry;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts of a worker, put together from the settings, and their common start and end. Holds no rule about jobs. */
final class WorkerProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerProcess.class);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(5);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(30);

    private final Settings settings;
    private final Database database;
    private final Database beatDatabase;
    private final JobStore store;
    private final ProcessDocument documentHandler;
    private final Handlers handlers;
    private final Heartbeats heartbeats;
    private final JobRunner runner;
    private final WorkerRegistry registry;
    private final String name;

    WorkerProcess(Settings settings, Database database) throws UnknownHostException {
        this.settings = settings;
        this.database = database;
        var host = InetAddress.getLocalHost().getHostName();
        // In containers every worker may be process 1 of the same host.
        name = "%s:%d:%04x"
                .formatted(
                        host,
                        ProcessHandle.current().pid(),
                        ThreadLocalRandom.current().nextInt(1 << 16));
        documentHandler = new ProcessDocument(processing(settings));
        handlers = Handlers.load(List.of(documentHandler), settings.handlersDir());
        store = new JobStore(database);
        beatDatabase = new Database(settings.databaseUrl(), "heartbeats", 1, 1);
        heartbeats = new Heartbeats(new JobStore(beatDatabase), settings.heartbeat(), settings.lease());
        runner = new JobRunner(
                store,
                new DocumentStore(database),
                new ChunkStore(database),
                handlers,
                heartbeats,
                new Backoff(
                        FIRST_RETRY,
                        LONGEST_RETRY,
                        () -> ThreadLocalRandom.current().nextDouble()),
                settings.lease());
        registry = new WorkerRegistry(database);
        registry.register(new WorkerRegistry.Worker(
                name,
                host,
                ProcessHandle.current().pid(),
                settings.workerQueues(),
                handlers.names(),
                settings.workerConcurrency(),
                Version.current()));
    }

    private static ProcessSettings processing(Settings settings) {
        var defaults = ProcessSettings.defaults(settings.workerConcurrency());
        return new ProcessSettings(
                settings.embeddingsUrl() == null ? null : URI.create(settings.embeddingsUrl()),
                settings.openaiApiKey(),
                settings.embeddingsModel(),
                settings.parserHeapMb(),
                settings.parserTimeout(),
                settings.extractMaxChars(),
                defaults.chunkTokens(),
                defaults.overlapTokens(),
                defaults.tempDir(),
                settings.workerConcurrency());
    }

    Drain.Count drain(int limit, Duration pollInterval) throws InterruptedException {
        return new Drain(store, runner, handlers, settings.workerQueues(), name)
                .run(limit, settings.workerConcurrency(), pollInterval);
    }

    /** Returns after SIGTERM or Ctrl-C. The process then ends with 0: a stop that went as it should is no error. */
    int runUntilStopped() throws InterruptedException {
        var asked = new CountDownLatch(1);
        var done = new CountDownLatch(1);
        var exit = new AtomicInteger(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> endWith(asked, done, exit), "shutdown"));
        try {
            run(asked);
            exit.set(0);
            return 0;
        } finally {
            done.countDown();
        }
    }

    private void run(CountDownLatch asked) throws InterruptedException {
        var redis = settings.redisUrl() == null
                ? null
                : new Redis(settings.redisUrl(), settings.workerConcurrency() * 2 + 2, Workers.LONGEST_BLOCK);
        var queue = redis == null ? null : new JobQueue(redis);
        var workers = new Workers(
                runner, store, heartbeats, handlers, redis, settings.workerQueues(), name, settings.pollInterval());
        try (redis;
                var sweeper = new Sweeper(
                        database,
                        store,
                        new JobReader(database),
                        queue,
                        new Dispatcher(queue),
                        handlers.names(),
                        settings.lease(),
                        "sweeper:" + name)) {
            sweeper.start();
            workers.start(settings.workerConcurrency());
            LOG.info(
                    "worker {} runs {} jobs at once from {} with handlers {}",
                    name,
                    settings.workerConcurrency(),
                    settings.workerQueues(),
                    handlers.names());
            while (!asked.await(settings.heartbeat().toMillis(), TimeUnit.MILLISECONDS)) {
                quietly(() -> registry.beat(name, heartbeats.running()));
            }
            LOG.info(
                    "stopping: no more jobs are taken, {} running ones have {} s",
                    heartbeats.running(),
                    settings.shutdown().toSeconds());
            var reserve = Math.min(5, settings.shutdown().toSeconds() / 2);
            workers.stop(settings.shutdown().minusSeconds(reserve));
        }
        close();
        LOG.info("stopped");
    }

    /** Holds the end of the JVM back until the jobs are cared for, and gives it our exit code instead of the signal's. */
    private void endWith(CountDownLatch asked, CountDownLatch done, AtomicInteger exit) {
        asked.countDown();
        try {
            // Past this the platform kills us anyway; the jobs are given back well before.
            done.await(settings.shutdown().toSeconds() + 5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(exit.get());
    }

    /** The notice board is not worth failing for. */
    private static void quietly(Runnable notice) {
        try {
            notice.run();
        } catch (DatabaseFailure e) {
            LOG.debug("worker registry not written: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        quietly(() -> registry.stopped(name));
        documentHandler.close();
        heartbeats.close();
        beatDatabase.close();
    }
}
