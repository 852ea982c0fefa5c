package io.jobtrail.api;

import com.github.benmanes.caffeine.cache.Ticker;
import io.javalin.Javalin;
import io.jobtrail.access.GivenKey;
import io.jobtrail.config.Settings;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.document.S3Bucket;
import io.jobtrail.document.WorkDirectory;
import io.jobtrail.metrics.ProcessMetrics;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.AccessEvents;
import io.jobtrail.store.ApiKeys;
import io.jobtrail.store.Batches;
import io.jobtrail.store.Database;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.EndedSessions;
import io.jobtrail.store.JobActions;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.JobStore;
import io.jobtrail.store.Prompts;
import io.jobtrail.store.Queues;
import io.jobtrail.store.WorkerRegistry;
import io.jobtrail.sweep.Sweeper;
import io.jobtrail.sweep.Sweeps;
import io.opentelemetry.api.GlobalOpenTelemetry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import org.eclipse.jetty.server.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts of the web process, put together from the settings, and their common start and end. */
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
    private static final Duration HEALTH_FRESH = Duration.ofSeconds(1);

    /** Leaves seven eighths of the heap to everything else, however many files are under way. */
    private static final int STAGING_ROOM = (int) Math.min(Runtime.getRuntime().maxMemory() / 8, Integer.MAX_VALUE);

    /** A tree of JSON takes several times as much as its text. */
    private static final long JSON_ROOM = Runtime.getRuntime().maxMemory() / 16;

    /** From one address, within a minute: more than people mistype, and nothing to somebody who guesses. */
    private static final int MOST_WRONG_KEYS = 20;

    /** Then Postgres hangs: whoever calls learns of it before most callers lose patience. Those who wait for a connection first wait longer. */
    private static final Duration LONGEST_STATEMENT = Duration.ofSeconds(15);

    /** Each holds a thread; the rest of the 250 serve everybody else. */
    private static final int MOST_SLOW_BODIES = 200;

    /** Those who send to what is open to everybody. */
    private static final int MOST_SLOW_STRANGERS = 20;

    private final Database database;
    private final Database sweepDatabase;
    private final Redis redis;
    private final S3Bucket bucket;
    private final Sweeper sweeper;
    private final WorkDirectory work;
    private final Staging staging;
    private final ProcessMetrics metrics = new ProcessMetrics();
    private final BatchItems batchItems;
    private final HealthChecks health;
    private final Watching watching;
    private final AccessLog accessLog;
    private final JsonRoom jsonRoom = new JsonRoom(JSON_ROOM);
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
        database = new Database(
                        settings.databaseUrl(), "api", settings.dbPoolMin(), settings.dbPoolMax(), LONGEST_STATEMENT)
                .measuredBy(metrics.registry())
                .refusingWhileAway();
        redis = settings.redisUrl() == null
                ? null
                : new Redis(settings.redisUrl(), settings.dbPoolMax(), Duration.ZERO);
        bucket = settings.s3Bucket() == null
                ? null
                : new S3Bucket(settings.s3Bucket(), settings.s3Endpoint(), settings.awsRegion());
        var queue = redis == null ? null : new JobQueue(redis);
        sweepDatabase = new Database(settings.databaseUrl(), "sweeper", 0, 2);
        var apiKeys = new ApiKeys(database);
        var events = new AccessEvents(database);
        var clock = Ticker.systemTicker();
        var keys = new KnownKeys(apiKeys, clock);
        var addresses = new Addresses(settings.trustedProxies());
        accessLog = new AccessLog(events, keys, addresses);
        var sweeps = Sweeps.ofEveryProcess(
                sweepDatabase, queue, settings.lease(), settings.retentionDays(), "sweeper:" + processName());
        sweeps.add(accessLog);
        sweeper = new Sweeper(sweepDatabase, sweeps).measuredBy(metrics.registry());
        var reader = new JobReader(database);
        var queues = new Queues(database);
        var documents = new DocumentStore(database);
        var adminKey = settings.adminApiKey();
        var wrongKeys = new Quota(MOST_WRONG_KEYS, Duration.ofMinutes(1), clock);
        var keyCheck = adminKey == null ? null : new KeyCheck(adminKey, keys, wrongKeys, addresses, accessLog, clock);
        var sessions = adminKey == null
                ? null
                : new KnownSessions(new SessionTokens(adminKey, Clock.systemUTC()), new EndedSessions(database), clock);
        var limit = new RequestLimit(
                settings.rateLimitPerMinute() == 0
                        ? null
                        : new Quota(settings.rateLimitPerMinute(), Duration.ofMinutes(1), clock));
        watching = new Watching(
                database,
                redis,
                settings,
                reader,
                metrics.registry(),
                task -> threads().execute(task));
        var actions = new JobActions(database, watching.listener());
        var dispatcher = new Dispatcher(queue);
        var limits = new Intake.Limits(
                settings.maxUploadBytes(),
                settings.maxBatchBytes(),
                settings.maxAttempts(),
                settings.urgentMaxPages(),
                settings.slowMinPages());
        var intake = new Intake(new JobStore(database, metrics.registry(), watching.listener()), dispatcher, limits);
        var received = new DocumentIntake(documents);
        var handlers = new KnownHandlers(reader);
        var enqueue = new EnqueueEndpoint(received, intake, handlers, new S3Sources(bucket, reader), limits, staging);
        batchItems = new BatchItems(enqueue, intake, handlers);
        health = new HealthChecks(database, reader, queues, redis, sweeper::hasEnded, healthFresh)
                .measuredBy(metrics.registry());
        var access = new Access(keyCheck, keys, sessions, limit, accessLog, settings.allowAnonymous());
        server = Routes.server(
                new WebConnector(settings.host(), settings.port()),
                access,
                accessLog,
                new SlowBodies(MOST_SLOW_BODIES, MOST_SLOW_STRANGERS),
                jsonRoom,
                new SessionEndpoint(keyCheck, sessions, accessLog),
                new KeysEndpoint(apiKeys, keys, events),
                new EnqueueSpan(GlobalOpenTelemetry.getTracer("io.jobtrail")),
                enqueue,
                new BatchEndpoint(received, intake, batchItems, handlers, limits, staging, new Batches(database)),
                watching.status(access),
                watching.events(access),
                new JobsEndpoint(reader, documents),
                new ActionsEndpoint(actions, reader, dispatcher),
                new PromptsEndpoint(new Prompts(database), actions, reader, dispatcher),
                new StatsEndpoint(reader, queues, health),
                new QueuesEndpoint(queues, reader, new WorkerRegistry(database), queue),
                new HealthEndpoint(health, adminKey == null),
                new MetricsEndpoint(metrics, reader, health),
                new DocsEndpoint(),
                new DashboardEndpoint());
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
        GivenKey.weakness(settings.adminApiKey()).ifPresent(weakness -> LOG.warn("ADMIN_API_KEY {}", weakness));
        var api = new ApiServer(settings, healthFresh, stagingRoom);
        try {
            api.server.start();
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

    /** As it runs. */
    Server web() {
        return server.jettyServer().server();
    }

    /** Those that serve requests; for what is made before the server, and used after. */
    Executor threads() {
        return server.jettyServer().threadPool();
    }

    /** Where files are while they come in; the directory is gone after {@link #close}. */
    Staging staging() {
        return staging;
    }

    JsonRoom jsonRoom() {
        return jsonRoom;
    }

    Sweeper sweeper() {
        return sweeper;
    }

    AccessLog accessLog() {
        return accessLog;
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
        batchItems.close();
        sweeper.close();
        sweepDatabase.close();
        writeAccessLog();
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

    /** What was not written yet; nobody is left who could try again. */
    private void writeAccessLog() {
        try {
            accessLog.run();
        } catch (DatabaseFailure e) {
            LOG.warn("the refusals of the last seconds are not in pipeline_access_events: {}", e.getMessage());
        }
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
