package io.jobtrail.api;

import io.javalin.Javalin;
import io.jobtrail.config.Settings;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.document.S3Bucket;
import io.jobtrail.document.WorkDirectory;
import io.jobtrail.metrics.ProcessMetrics;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.Database;
import io.jobtrail.store.JobActions;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.JobStore;
import io.jobtrail.store.Prompts;
import io.jobtrail.sweep.Sweeper;
import io.jobtrail.sweep.Sweeps;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The parts of the web process, put together from the settings, and their common start and end. */
public final class ApiServer implements AutoCloseable {
    private static final Duration HEALTH_FRESH = Duration.ofSeconds(1);

    /** Leaves seven eighths of the heap to everything else, however many files are under way. */
    private static final int STAGING_ROOM = (int) Math.min(Runtime.getRuntime().maxMemory() / 8, Integer.MAX_VALUE);

    private final Database database;
    private final Database sweepDatabase;
    private final Redis redis;
    private final S3Bucket bucket;
    private final Sweeper sweeper;
    private final WorkDirectory work;
    private final Staging staging;
    private final ProcessMetrics metrics = new ProcessMetrics();
    private final HealthEndpoint health;
    private final Watching watching;
    private final Javalin server;

    /** The settings would let anybody in who reaches this machine. */
    public static final class OpenToStrangers extends IllegalArgumentException {
        OpenToStrangers(String message) {
            super(message);
        }
    }

    private ApiServer(Settings settings, Duration healthFresh, int stagingRoom) {
        work = WorkDirectory.createIn(Path.of(System.getProperty("java.io.tmpdir")), "uploads");
        staging = new Staging(directoryIn(work), stagingRoom);
        database = new Database(settings.databaseUrl(), "api", settings.dbPoolMin(), settings.dbPoolMax())
                .measuredBy(metrics.registry());
        redis = settings.redisUrl() == null
                ? null
                : new Redis(settings.redisUrl(), settings.dbPoolMax(), Duration.ZERO);
        bucket = settings.s3Bucket() == null
                ? null
                : new S3Bucket(settings.s3Bucket(), settings.s3Endpoint(), settings.awsRegion());
        var queue = redis == null ? null : new JobQueue(redis);
        sweepDatabase = new Database(settings.databaseUrl(), "sweeper", 0, 2);
        sweeper = new Sweeper(
                sweepDatabase,
                Sweeps.ofEveryProcess(
                        sweepDatabase, queue, settings.lease(), settings.retentionDays(), "sweeper:" + processName()));
        var reader = new JobReader(database);
        var documents = new DocumentStore(database);
        var access = new Access(settings.adminApiKey(), settings.allowAnonymous());
        watching = new Watching(
                database,
                redis,
                settings,
                reader,
                metrics.registry(),
                task -> server().jettyServer().threadPool().execute(task));
        var actions = new JobActions(database, watching.listener());
        var dispatcher = new Dispatcher(queue);
        var limits = new EnqueueEndpoint.Limits(
                settings.maxUploadBytes(), settings.maxAttempts(), settings.urgentMaxPages(), settings.slowMinPages());
        var enqueue = new EnqueueEndpoint(
                documents,
                new JobStore(database, metrics.registry(), watching.listener()),
                dispatcher,
                new KnownHandlers(reader),
                access,
                new S3Sources(bucket, reader),
                limits,
                staging);
        health = new HealthEndpoint(database, redis, sweeper::hasEnded, healthFresh);
        server = Routes.server(
                access,
                enqueue,
                watching.status(),
                watching.events(),
                new JobsEndpoint(reader, documents),
                new ActionsEndpoint(actions, reader, dispatcher, access),
                new PromptsEndpoint(new Prompts(database), actions, reader, dispatcher, access),
                new StatsEndpoint(reader),
                health,
                new MetricsEndpoint(metrics, reader, health));
    }

    /**
     * Serves until closed.
     *
     * @throws OpenToStrangers when there is no key and the host is not loopback
     */
    public static ApiServer start(Settings settings) {
        return start(settings, HEALTH_FRESH, STAGING_ROOM);
    }

    /**
     * @param healthFresh how old an answer about health may be
     * @param stagingRoom bytes of memory for files while they come in
     */
    static ApiServer start(Settings settings, Duration healthFresh, int stagingRoom) {
        boolean loopback = Access.isLoopback(settings.host()) || settings.host().equals("::1");
        if (settings.adminApiKey() == null && !loopback && !settings.allowAnonymous()) {
            throw new OpenToStrangers("HOST=" + settings.host() + " would let anybody in: set ADMIN_API_KEY, or "
                    + "HOST=127.0.0.1, or ALLOW_ANONYMOUS=true if you mean it");
        }
        var api = new ApiServer(settings, healthFresh, stagingRoom);
        try {
            api.server.start(settings.host(), settings.port());
            api.sweeper.start();
            api.watching.start();
            return api;
        } catch (RuntimeException e) {
            api.close();
            throw e;
        }
    }

    public int port() {
        return server.port();
    }

    /** For what is made before it, and used after. */
    private Javalin server() {
        return server;
    }

    /** Where files are while they come in; the directory is gone after {@link #close}. */
    Staging staging() {
        return staging;
    }

    Sweeper sweeper() {
        return sweeper;
    }

    /** Method and path of every route, in the order of {@link Routes}. */
    List<String> routes() {
        return server.unsafe.internalRouter.allHttpHandlers().stream()
                .map(route -> route.endpoint.method.name() + " " + route.endpoint.path)
                .toList();
    }

    /** Requests under way are answered first. */
    @Override
    public void close() {
        watching.answerAll();
        server.stop();
        watching.close();
        health.close();
        sweeper.close();
        sweepDatabase.close();
        if (redis != null) {
            redis.close();
        }
        database.close();
        if (bucket != null) {
            bucket.close();
        }
        work.close();
        metrics.close();
    }

    /** Beside the lock of the working directory, not among its files. */
    private static Path directoryIn(WorkDirectory work) {
        try {
            return work.newDirectory("files-");
        } catch (IOException e) {
            throw new UncheckedIOException("no directory for uploads can be made", e);
        }
    }

    /** As it stands in the trail: process and host. */
    private static String processName() {
        return "api:" + ManagementFactory.getRuntimeMXBean().getName();
    }
}
