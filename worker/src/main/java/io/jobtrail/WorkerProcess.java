package io.jobtrail;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.jobtrail.config.Settings;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.document.S3Bucket;
import io.jobtrail.job.ChangeListener;
import io.jobtrail.metrics.Footprint;
import io.jobtrail.metrics.ProcessMetrics;
import io.jobtrail.process.ProcessDocument;
import io.jobtrail.process.ProcessSettings;
import io.jobtrail.queue.ChangeHints;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.run.Backoff;
import io.jobtrail.run.Documents;
import io.jobtrail.run.Drain;
import io.jobtrail.run.Handlers;
import io.jobtrail.run.Heartbeats;
import io.jobtrail.run.JobRunner;
import io.jobtrail.run.SelfCheck;
import io.jobtrail.run.WorkerFigures;
import io.jobtrail.run.Workers;
import io.jobtrail.store.ChunkStore;
import io.jobtrail.store.Database;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.JobStore;
import io.jobtrail.store.Leases;
import io.jobtrail.store.Prompts;
import io.jobtrail.store.WorkerRegistry;
import io.jobtrail.sweep.PushMissing;
import io.jobtrail.sweep.ReleaseStale;
import io.jobtrail.sweep.Sweep;
import io.jobtrail.sweep.Sweeper;
import io.jobtrail.sweep.Sweeps;
import io.micrometer.core.instrument.Gauge;
import io.opentelemetry.api.GlobalOpenTelemetry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts of a worker, put together from the settings, and their common start and end. Holds no rule about jobs. */
final class WorkerProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerProcess.class);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(5);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(30);
    private static final Duration RESERVE = Duration.ofSeconds(5);
    private static final Duration LOOK_AT_THREADS = Duration.ofSeconds(1);

    private final Settings settings;
    private final ProcessMetrics metrics = new ProcessMetrics();
    private final WorkerFigures figures = new WorkerFigures(metrics.registry());
    private final MetricsServer metricsServer;
    private final Database database;
    private final Database beatDatabase;
    private final Database sweepDatabase;
    private final Redis hintRedis;
    private final ChangeHints hints;
    private final JobStore store;
    private final ProcessDocument documentHandler;
    private final Handlers handlers;
    private final Heartbeats heartbeats;
    private final JobRunner runner;
    private final WorkerRegistry registry;
    private final S3Bucket bucket;
    private final String name;

    /** Ends a process that can do no more work, even if the database hangs when it gives its jobs back. */
    private final ScheduledExecutorService lastResort = Executors.newSingleThreadScheduledExecutor(task -> {
        var ending = new Thread(task, "last-resort");
        ending.setDaemon(true);
        return ending;
    });

    WorkerProcess(Settings settings, Database database) throws UnknownHostException {
        this(settings, database, Heartbeats.HEARING);
    }

    /** @param hearing a handler that goes on for so long after it was stopped is written off */
    WorkerProcess(Settings settings, Database database, Duration hearing) throws UnknownHostException {
        this.settings = settings;
        metricsServer = settings.workerMetricsPort() == null ? null : serve(metrics, settings);
        this.database = database.measuredBy(metrics.registry());
        var host = InetAddress.getLocalHost().getHostName();
        // In containers every worker may be process 1 of the same host.
        name = "%s:%d:%04x"
                .formatted(
                        host,
                        ProcessHandle.current().pid(),
                        ThreadLocalRandom.current().nextInt(1 << 16));
        documentHandler = new ProcessDocument(processing(settings));
        handlers = Handlers.load(List.of(documentHandler), settings.handlersDir());
        hintRedis = settings.redisUrl() == null ? null : new Redis(settings.redisUrl(), 1, Duration.ZERO);
        hints = hintRedis == null ? null : new ChangeHints(hintRedis);
        store = new JobStore(database, metrics.registry(), hints == null ? ChangeListener.NOBODY : hints);
        beatDatabase = new Database(settings.databaseUrl(), "heartbeats", 1, 1);
        sweepDatabase = new Database(settings.databaseUrl(), "sweeper", 0, 2);
        heartbeats = new Heartbeats(new Leases(beatDatabase), settings.heartbeat(), settings.lease(), hearing);
        bucket = settings.s3Bucket() == null
                ? null
                : new S3Bucket(settings.s3Bucket(), settings.s3Endpoint(), settings.awsRegion());
        runner = new JobRunner(
                store,
                new Documents(new DocumentStore(database), bucket),
                new ChunkStore(database),
                new Prompts(database),
                handlers,
                heartbeats,
                new Backoff(
                        FIRST_RETRY,
                        LONGEST_RETRY,
                        () -> ThreadLocalRandom.current().nextDouble()),
                settings.lease(),
                metrics.registry(),
                GlobalOpenTelemetry.getTracer("io.jobtrail"));
        Gauge.builder("jobtrail.running", heartbeats, Heartbeats::running)
                .description("jobs that this process runs")
                .register(metrics.registry());
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

    private static MetricsServer serve(ProcessMetrics metrics, Settings settings) {
        try {
            return new MetricsServer(metrics, settings.adminApiKey(), settings.host(), settings.workerMetricsPort());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "WORKER_METRICS_PORT=" + settings.workerMetricsPort() + " cannot be opened: " + e.getMessage(), e);
        }
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

    /**
     * Runs what is due, at most so many jobs, or until the signal comes.
     *
     * @param pollInterval null = stop when nothing is due
     */
    Drain.Count drain(int limit, Duration pollInterval, StopSignal stop) throws InterruptedException {
        var release = new ReleaseStale(new Leases(database), settings.lease(), "sweeper:" + name);
        while (release.run().isZero()) {} // until nothing is stale: what is released is due to this run
        var drain = new Drain(store, runner, heartbeats, handlers, settings.workerQueues(), name);
        stop.onStop(() -> drain.stop(patience()));
        if (pollInterval == null) {
            try (var check = selfCheck(null)) {
                check.start();
                return drain.run(limit, settings.workerConcurrency(), null);
            }
        }
        try (var redis = redis();
                var check = selfCheck(null);
                var sweeper = new Sweeper(sweepDatabase, sweeps(redis)).measuredBy(metrics.registry())) {
            sweeper.start();
            check.start();
            return drain.run(limit, settings.workerConcurrency(), pollInterval);
        }
    }

    /** Null when the system runs without. */
    private Redis redis() {
        return settings.redisUrl() == null
                ? null
                : new Redis(settings.redisUrl(), settings.workerConcurrency() * 2 + 3, Workers.LONGEST_BLOCK);
    }

    /** How long running jobs may go on after the signal; the rest is for giving them back. */
    private Duration patience() {
        var patience =
                settings.shutdown().minusSeconds(Math.min(5, settings.shutdown().toSeconds() / 2));
        LOG.info(
                "stopping: no more jobs are taken, {} running ones have {} s, then they are given back",
                heartbeats.running(),
                patience.toSeconds());
        return patience;
    }

    private SelfCheck selfCheck(Redis redis) {
        return new SelfCheck(registry, name, heartbeats, redis, settings.heartbeat(), settings.lease(), figures::now);
    }

    /** Runs jobs as they come, until the signal comes. False: it did not come, but this process can do no more work. */
    boolean runUntil(StopSignal stop) throws InterruptedException {
        var redis = redis();
        var workers = new Workers(
                runner, store, heartbeats, handlers, redis, settings.workerQueues(), name, settings.pollInterval());
        Optional<String> fault = Optional.empty();
        try (redis;
                var check = selfCheck(redis);
                var sweeper = new Sweeper(sweepDatabase, sweeps(redis)).measuredBy(metrics.registry())) {
            sweeper.start();
            workers.start(settings.workerConcurrency());
            LOG.info(
                    "worker {} runs {} jobs at once from {} with handlers {} ({})",
                    name,
                    settings.workerConcurrency(),
                    settings.workerQueues(),
                    handlers.names(),
                    Footprint.atReady());
            check.start();
            while (fault.isEmpty() && !stop.await(LOOK_AT_THREADS)) {
                fault = workers.fault()
                        .or(() -> sweeper.isAlive() ? Optional.empty() : Optional.of("its sweeper has ended"));
            }
            fault.ifPresent(reason -> LOG.error(
                    "this process can do no more work: {}. It gives its jobs back and ends with code 3, to be started again",
                    reason));
            if (fault.isPresent()) {
                var longest = settings.shutdown().plus(RESERVE).toMillis();
                lastResort.schedule(() -> Runtime.getRuntime().halt(3), longest, MILLISECONDS);
            }
            workers.stop(fault.isEmpty() ? patience() : Duration.ZERO);
        }
        LOG.info("stopped");
        return fault.isEmpty();
    }

    private List<Sweep> sweeps(Redis redis) {
        var queue = redis == null ? null : new JobQueue(redis);
        var sweeps = Sweeps.ofEveryProcess(
                sweepDatabase, queue, settings.lease(), settings.retentionDays(), "sweeper:" + name);
        if (queue != null) {
            sweeps.add(new PushMissing(new JobReader(sweepDatabase), queue, new Dispatcher(queue), handlers.names()));
        }
        return sweeps;
    }

    /** The notice board is not worth failing for. */
    private static void quietly(Runnable notice) {
        try {
            notice.run();
        } catch (DatabaseFailure e) {
            LOG.warn("worker registry not written: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        quietly(() -> registry.signOff(name));
        documentHandler.close();
        heartbeats.close();
        if (hints != null) {
            hints.close();
            hintRedis.close();
        }
        beatDatabase.close();
        sweepDatabase.close();
        if (bucket != null) {
            bucket.close();
        }
        if (metricsServer != null) {
            metricsServer.close();
        }
        metrics.close();
        lastResort.shutdownNow();
    }
}
