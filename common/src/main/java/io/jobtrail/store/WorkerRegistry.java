package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import io.jobtrail.job.QueueName;
import java.time.Duration;
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

    /** Also for a process that was silent for so long that it was declared dead. */
    public void beat(String id, int running) {
        database.update(
                "UPDATE pipeline_workers SET last_beat_at = now(), running = ?, stopped_at = NULL WHERE id = ?",
                running,
                id);
    }

    public void stopped(String id) {
        database.update("UPDATE pipeline_workers SET stopped_at = now(), running = 0 WHERE id = ?", id);
    }

    /**
     * A process that has not been heard of.
     *
     * @param mistakable another process with this host and process id lives, as containers make it
     */
    public record Dead(String id, String host, long pid, List<String> queues, boolean mistakable) {}

    /** Those that neither stopped nor gave a sign of life for a lease. */
    public List<Dead> dead(Duration lease) {
        return database.list(
                """
                WITH live AS (
                    SELECT *, last_beat_at < now() - ? * interval '1 ms' AS dead FROM pipeline_workers WHERE stopped_at IS NULL
                )
                SELECT d.id, d.host, d.pid, d.queues,
                       EXISTS (SELECT FROM live l WHERE NOT l.dead AND l.host = d.host AND l.pid = d.pid) AS mistakable
                FROM live d WHERE d.dead ORDER BY d.id""",
                row -> new Dead(
                        row.getString("id"),
                        row.getString("host"),
                        row.getLong("pid"),
                        List.of((String[]) row.getArray("queues").getArray()),
                        row.getBoolean("mistakable")),
                lease.toMillis());
    }

    /** @return how many processes that stopped before so much time were taken off */
    public int forgetStopped(Duration age) {
        return database.update(
                "DELETE FROM pipeline_workers WHERE stopped_at < now() - ? * interval '1 ms'", age.toMillis());
    }
}
