package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import io.jobtrail.job.QueueName;
import java.util.Collection;
import java.util.List;

/** Which worker processes exist and what they can run. Only a notice board: no decision about a job rests on it. */
public final class WorkerRegistry {
    private final Database database;

    public WorkerRegistry(Database database) {
        this.database = database;
    }

    /** @param id unique for each process */
    public record Worker(
            String id,
            String host,
            long pid,
            List<QueueName> queues,
            Collection<String> handlers,
            int concurrency,
            String version) {}

    /** Announces the process and the handlers it brings, which from now on are accepted at enqueue. */
    public void register(Worker worker) {
        database.update("""
                INSERT INTO pipeline_handlers (name) SELECT unnest(?) ORDER BY 1
                ON CONFLICT (name) DO UPDATE SET seen_at = now()""", array("text", List.copyOf(worker.handlers())));
        database.update(
                """
                INSERT INTO pipeline_workers (id, host, pid, queues, handlers, concurrency, app_version)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE
                SET host = excluded.host, pid = excluded.pid, queues = excluded.queues, handlers = excluded.handlers,
                    concurrency = excluded.concurrency, app_version = excluded.app_version, running = 0,
                    started_at = now(), last_beat_at = now(), stopped_at = NULL, metrics = '{}'""",
                worker.id(),
                worker.host(),
                worker.pid(),
                array("text", worker.queues().stream().map(QueueName::wireName).toList()),
                array("text", List.copyOf(worker.handlers())),
                worker.concurrency(),
                worker.version());
    }

    public void beat(String id, int running) {
        database.update("UPDATE pipeline_workers SET last_beat_at = now(), running = ? WHERE id = ?", running, id);
    }

    public void stopped(String id) {
        database.update("UPDATE pipeline_workers SET stopped_at = now(), running = 0 WHERE id = ?", id);
    }
}
