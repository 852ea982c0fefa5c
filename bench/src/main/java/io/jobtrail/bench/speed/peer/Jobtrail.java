package io.jobtrail.bench.speed.peer;

import io.jobtrail.bench.process.Checkout;
import io.jobtrail.bench.speed.tally.HandlerJar;
import io.jobtrail.bench.speed.tally.Payload;
import io.jobtrail.bench.speed.tally.SpeedHandler;
import io.jobtrail.bench.speed.tally.Tally;
import io.jobtrail.document.DocumentPayload;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.Database;
import io.jobtrail.store.JobStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

/** Jobtrail itself: the packaged worker, and for sending the way of the API without HTTP. */
public final class Jobtrail implements Contestant {
    private static final String ACTOR = "bench";
    private static final int MAX_ATTEMPTS = 5;
    private static final int PAGE = 1_000;

    /** As many connections as the API has by default. */
    private static final int POOL = 10;

    @Override
    public String name() {
        return "jobtrail";
    }

    @Override
    public void createSchema(Backends template) throws SQLException {
        TrailTables.create(template);
    }

    /** Else the worker would take the empty Redis for one that has lost everything. */
    @Override
    public void prepare(Backends backends) {
        try (var redis = new Redis(backends.redisUrl(), 1, Duration.ZERO)) {
            new JobQueue(redis).markComplete();
        }
    }

    @Override
    public void preload(Backends backends, int jobs) throws SQLException {
        var ids = IntStream.range(0, jobs).mapToObj(i -> JobIds.next()).toList();
        try (var connection = backends.connect()) {
            var payload = Payload.map(Tally.now());
            TrailTables.enqueue(
                    connection,
                    ids.stream().map(id -> TrailTables.submission(id, payload)).toList());
        }
        try (var redis = new Redis(backends.redisUrl(), 1, Duration.ZERO)) {
            var queue = new JobQueue(redis);
            for (int from = 0; from < jobs; from += PAGE) {
                queue.push(
                        QueueName.DEFAULT,
                        ids.subList(from, Math.min(from + PAGE, jobs)).stream()
                                .map(id -> new JobQueue.Entry(SpeedHandler.NAME, id))
                                .toList());
            }
        }
    }

    @Override
    public Producer producer(Backends backends) {
        var database = new Database(backends.database(), "api", 2, POOL);
        var redis = new Redis(backends.redisUrl(), POOL, Duration.ZERO);
        var store = new JobStore(database);
        var dispatcher = new Dispatcher(new JobQueue(redis));
        return new Producer() {
            @Override
            public void enqueue(long sent) {
                var job = job(Map.of("input", Payload.map(sent)), SpeedHandler.NAME, null);
                store.enqueue(job);
                if (!dispatcher.push(job.queue(), job.handler(), job.id())) {
                    throw new IllegalStateException("Redis did not take the id");
                }
            }

            @Override
            public void close() {
                redis.close();
                database.close();
            }
        };
    }

    /** As the API would make it of an upload. */
    public static NewJob documentJob(DocumentStore.StoredDocument document) {
        var payload = DocumentPayload.of(document.filename(), document.size(), document.contentType());
        payload.put("sha256", document.sha256());
        return job(payload, "process_document", document.id());
    }

    /** As the API would make it of a request that names nothing but this. */
    private static NewJob job(Object payload, String handler, UUID document) {
        return new NewJob(
                JobIds.next(),
                QueueName.DEFAULT,
                "default",
                handler,
                payload,
                document,
                null,
                MAX_ATTEMPTS,
                null,
                null,
                null,
                null,
                null,
                ACTOR);
    }

    @Override
    public AutoCloseable work(Backends backends, int threads) {
        throw new UnsupportedOperationException("it has a program of its own");
    }

    @Override
    public List<String> workerProgram(Checkout checkout, int threads) {
        return List.of(
                "-jar",
                checkout.jar("worker").toString(),
                "--queues",
                "default",
                "--concurrency",
                Integer.toString(threads));
    }

    @Override
    public Map<String, String> workerEnvironment(Backends backends) {
        var handlers = backends.directory().resolve("handlers");
        try {
            Files.createDirectories(handlers);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        HandlerJar.write(handlers.resolve("speed.jar"));
        return Map.of(
                "HANDLERS_DIR",
                handlers.toString(),
                SpeedHandler.TALLY,
                backends.handledFile().toString(),
                "DB_POOL_MAX",
                Integer.toString(Backends.POOL));
    }

    @Override
    public void verify(Backends backends, long jobs) throws SQLException {
        TrailTables.verify(backends, jobs);
    }
}
