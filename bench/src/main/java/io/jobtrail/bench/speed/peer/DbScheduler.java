package io.jobtrail.bench.speed.peer;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.jobtrail.bench.speed.tally.Payload;
import io.jobtrail.bench.speed.tally.Tally;
import io.jobtrail.job.JobIds;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** db-scheduler with the settings that its documentation gives for high throughput, on its documented table. */
final class DbScheduler implements Contestant {
    private static final String TASK = "speed";
    private static final int BATCH = 500;
    private static final Duration POLL = Duration.ofMillis(100);

    private static final String TABLE = """
            CREATE TABLE scheduled_tasks (
                task_name text NOT NULL,
                task_instance text NOT NULL,
                task_data bytea,
                execution_time timestamptz,
                picked boolean NOT NULL,
                picked_by text,
                last_success timestamptz,
                last_failure timestamptz,
                consecutive_failures integer,
                last_heartbeat timestamptz,
                version bigint NOT NULL,
                priority smallint,
                state text,
                PRIMARY KEY (task_name, task_instance)
            );
            CREATE INDEX execution_time_idx ON scheduled_tasks (execution_time);
            CREATE INDEX last_heartbeat_idx ON scheduled_tasks (last_heartbeat);
            CREATE INDEX priority_execution_time_idx ON scheduled_tasks (priority DESC, execution_time)""";

    @Override
    public String name() {
        return "db-scheduler";
    }

    @Override
    public void createSchema(Backends template) throws SQLException {
        try (var owner = template.connect();
                var statement = owner.createStatement()) {
            statement.execute(TABLE);
        }
    }

    @Override
    public void preload(Backends backends, int jobs) {
        try (var pool = backends.pool(1)) {
            var client = SchedulerClient.Builder.create(pool, task(null)).build();
            var batch = new ArrayList<TaskInstance<?>>();
            for (int i = 1; i <= jobs; i++) {
                batch.add(instance(Tally.now()));
                if (batch.size() == BATCH || i == jobs) {
                    client.scheduleBatch(List.copyOf(batch), Instant.now());
                    batch.clear();
                }
            }
        }
    }

    @Override
    public Producer producer(Backends backends) {
        var pool = backends.pool(Produce.THREADS);
        var client = SchedulerClient.Builder.create(pool, task(null)).build();
        return new Producer() {
            @Override
            public void enqueue(long sent) {
                client.scheduleIfNotExists(instance(sent), Instant.now());
            }

            @Override
            public void close() {
                pool.close();
            }
        };
    }

    @Override
    public AutoCloseable work(Backends backends, int threads) {
        var pool = backends.pool(Backends.POOL);
        var scheduler = Scheduler.create(pool, task(backends.handled()))
                .threads(threads)
                .pollUsingLockAndFetch(1.0, 4.0)
                .pollingInterval(POLL)
                .build();
        scheduler.start();
        return () -> {
            scheduler.stop();
            pool.close();
        };
    }

    private static TaskInstance<String> instance(long sent) {
        return new TaskInstance<>(TASK, JobIds.next().toString(), Payload.json(sent));
    }

    private static OneTimeTask<String> task(Tally handled) {
        return Tasks.oneTime(TASK, String.class)
                .execute((instance, context) -> handled.add(Payload.sent(instance.getData()), Tally.now()));
    }

    /** It deletes what succeeded. */
    @Override
    public void verify(Backends backends, long jobs) throws SQLException {
        try (var owner = backends.connect();
                var statement = owner.createStatement();
                var row = statement.executeQuery("SELECT count(*) FROM scheduled_tasks")) {
            row.next();
            if (row.getLong(1) != 0) {
                throw new IllegalStateException(row.getLong(1) + " tasks are left");
            }
        }
    }
}
