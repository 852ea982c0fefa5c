package io.jobtrail.bench.speed.peer;

import io.jobtrail.bench.speed.tally.Payload;
import io.jobtrail.bench.speed.tally.Tally;
import java.util.stream.IntStream;
import org.jobrunr.configuration.JobRunr;
import org.jobrunr.jobs.lambdas.JobRequest;
import org.jobrunr.jobs.lambdas.JobRequestHandler;
import org.jobrunr.jobs.mappers.JobMapper;
import org.jobrunr.scheduling.JobRequestScheduler;
import org.jobrunr.server.BackgroundJobServerConfiguration;
import org.jobrunr.storage.sql.postgres.PostgresStorageProvider;
import org.jobrunr.utils.mapper.jackson.JacksonJsonMapper;

/** JobRunr on Postgres, polling as often as it lets itself be told to (every five seconds). */
final class JobRunrPeer implements Contestant {
    private static final int POLL_SECONDS = 5;

    /** What JobRunr stores of a job. */
    public record Request(String payload) implements JobRequest {
        @Override
        public Class<Handler> getJobRequestHandler() {
            return Handler.class;
        }
    }

    /** JobRunr makes one for each job, so what belongs to the process has to be found in a static field. */
    public static final class Handler implements JobRequestHandler<Request> {
        private static volatile Tally handled;

        @Override
        public void run(Request request) {
            handled.add(Payload.sent(request.payload()), Tally.now());
        }
    }

    @Override
    public String name() {
        return "jobrunr";
    }

    @Override
    public void createSchema(Backends template) {
        try (var pool = template.pool(1)) {
            storage(pool).close();
        }
    }

    @Override
    public void preload(Backends backends, int jobs) {
        try (var pool = backends.pool(2)) {
            var storage = storage(pool);
            new JobRequestScheduler(storage).enqueue(IntStream.range(0, jobs).mapToObj(i -> request(Tally.now())));
            storage.close();
        }
    }

    @Override
    public Producer producer(Backends backends) {
        var pool = backends.pool(Produce.THREADS);
        var scheduler = new JobRequestScheduler(storage(pool));
        return new Producer() {
            @Override
            public void enqueue(long sent) {
                scheduler.enqueue(request(sent));
            }

            @Override
            public void close() {
                pool.close();
            }
        };
    }

    @Override
    public AutoCloseable work(Backends backends, int threads) {
        Handler.handled = backends.handled();
        var pool = backends.pool(Backends.POOL);
        JobRunr.configure()
                .useStorageProvider(storage(pool))
                .useBackgroundJobServer(BackgroundJobServerConfiguration.usingStandardBackgroundJobServerConfiguration()
                        .andWorkerCount(threads)
                        .andPollIntervalInSeconds(POLL_SECONDS))
                .initialize();
        return () -> {
            JobRunr.destroy();
            pool.close();
        };
    }

    private static PostgresStorageProvider storage(javax.sql.DataSource pool) {
        var storage = new PostgresStorageProvider(pool);
        storage.setJobMapper(new JobMapper(new JacksonJsonMapper()));
        return storage;
    }

    private static Request request(long sent) {
        return new Request(Payload.json(sent));
    }
}
