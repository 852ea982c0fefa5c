package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import io.jobtrail.config.Json;
import io.jobtrail.job.QueueName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which worker processes exist and what they can run. Only a notice board: no decision about a job rests on it. */
public final class WorkerRegistry {
    /** Processes that neither stopped nor were given up. Alive: heard of within three beats. */
    static final String PRESENT = """
            WITH RECURSIVE present AS (
                SELECT w.*, age, lease, age < 3 * heartbeat AS alive
                FROM pipeline_workers w CROSS JOIN LATERAL (SELECT
                    extract(epoch FROM clock_timestamp() - w.last_beat_at)::float8 AS age,
                    coalesce((w.metrics->>'heartbeat_seconds')::float8, 10) AS heartbeat,
                    coalesce((w.metrics->>'lease_seconds')::float8, 60) AS lease) AS said
                WHERE w.stopped_at IS NULL AND age < 2 * lease
            )
            """;

    private static final int MOST_LOOKED_AT = 1000;

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

    /**
     * What a process says about itself with every beat.
     *
     * @param heartbeat how often it beats
     * @param lease how long after its last heartbeat its jobs are released
     * @param degraded why it works worse than it could, in words
     * @param figures what it has measured, for people: names and what JSON can say
     */
    public record Condition(Duration heartbeat, Duration lease, List<String> degraded, Map<String, Object> figures) {
        /** Of one that measures nothing. */
        public Condition(Duration heartbeat, Duration lease, List<String> degraded) {
            this(heartbeat, lease, degraded, Map.of());
        }
    }

    /**
     * Also for a process that was silent for so long that it was given up; but not for one that has signed off: this beat was under
     * way then.
     */
    public void beat(String id, int running, Condition condition) {
        var metrics = new LinkedHashMap<>(condition.figures());
        metrics.put("heartbeat_seconds", condition.heartbeat().toSeconds());
        metrics.put("lease_seconds", condition.lease().toSeconds());
        metrics.put("degraded", condition.degraded());
        database.update("""
                UPDATE pipeline_workers SET last_beat_at = now(), running = ?, metrics = ?::jsonb, stopped_at = NULL
                WHERE id = ? AND (stopped_at IS NULL OR last_beat_at < stopped_at)""", running, Json.forDatabase(metrics), id);
    }

    /** The last sign of life of a process that ends in order, which tells it from one that was given up. */
    public void signOff(String id) {
        database.update(
                "UPDATE pipeline_workers SET stopped_at = now(), last_beat_at = now(), running = 0 WHERE id = ?", id);
    }

    /**
     * For a process that has not been heard of: its last beat stays where it was, before its end.
     *
     * @return false when it has signed off, or was heard of, meanwhile
     */
    public boolean giveUp(String id, Duration silence) {
        return database.update("""
                UPDATE pipeline_workers SET stopped_at = now(), running = 0
                WHERE id = ? AND stopped_at IS NULL AND last_beat_at < now() - ? * interval '1 second'""", id, silence.toSeconds()) > 0;
    }

    /**
     * A process that is there, or was until a short while ago: one that vanished is no longer told of once its jobs are released.
     *
     * @param degraded what it said about itself last
     */
    public record Present(String id, boolean alive, Duration silence, Duration lease, List<String> degraded) {}

    public List<Present> present() {
        return database.list(
                PRESENT + """
                SELECT id, alive, age, lease, ARRAY(SELECT jsonb_array_elements_text(metrics->'degraded')) AS degraded
                FROM present ORDER BY id""",
                row -> new Present(
                        row.getString("id"),
                        row.getBoolean("alive"),
                        Duration.ofSeconds(Math.round(row.getDouble("age"))),
                        Duration.ofSeconds(Math.round(row.getDouble("lease"))),
                        List.of((String[]) row.getArray("degraded").getArray())));
    }

    /**
     * A process, there or not, as it has said itself.
     *
     * @param alive heard of within three beats, and not stopped
     * @param lost given up, since it was not heard of any more and had not signed off
     * @param metrics JSON text
     */
    public record Known(
            String id,
            String host,
            long pid,
            List<String> queues,
            List<String> handlers,
            int concurrency,
            int running,
            String version,
            Instant startedAt,
            Instant lastBeatAt,
            boolean alive,
            boolean lost,
            Instant stoppedAt,
            String metrics) {}

    /** Those that have not stopped first, and the newest of each. */
    public List<Known> known(int limit) {
        return database.list(
                """
                SELECT w.*, w.stopped_at IS NULL AND clock_timestamp() - w.last_beat_at
                           < 3 * coalesce((w.metrics->>'heartbeat_seconds')::float8, 10) * interval '1 s' AS alive,
                       coalesce(last_beat_at < stopped_at, false) AS lost
                FROM pipeline_workers w ORDER BY w.stopped_at IS NOT NULL, w.started_at DESC, w.id LIMIT ?""",
                row -> new Known(
                        row.getString("id"),
                        row.getString("host"),
                        row.getLong("pid"),
                        texts(row, "queues"),
                        texts(row, "handlers"),
                        row.getInt("concurrency"),
                        row.getInt("running"),
                        row.getString("app_version"),
                        Database.instant(row, "started_at"),
                        Database.instant(row, "last_beat_at"),
                        row.getBoolean("alive"),
                        row.getBoolean("lost"),
                        Database.instant(row, "stopped_at"),
                        row.getString("metrics")),
                limit);
    }

    private static List<String> texts(ResultSet row, String column) throws SQLException {
        return List.of((String[]) row.getArray(column).getArray());
    }

    /**
     * Due jobs that no living process can take.
     *
     * @param handler null = nobody serves the queue at all
     * @param exact false: there may be more
     */
    public record Unserved(String queue, String handler, long jobs, boolean exact) {}

    /**
     * Steps from handler to handler along the index, whatever waits for each, and counts only what nobody takes, up to a limit. In
     * its order, or the planner may read the whole table for that.
     */
    public List<Unserved> unserved() {
        return database.list(
                PRESENT + """
                , waiting AS (
                    SELECT q.name AS queue, first.handler FROM pipeline_queues q CROSS JOIN LATERAL (
                        SELECT j.handler FROM pipeline_jobs j WHERE j.queue = q.name AND j.status IN ('queued', 'retrying')
                        ORDER BY j.handler LIMIT 1) first
                    WHERE NOT q.paused
                    UNION ALL
                    SELECT w.queue, next.handler FROM waiting w CROSS JOIN LATERAL (
                        SELECT j.handler FROM pipeline_jobs j
                        WHERE j.queue = w.queue AND j.status IN ('queued', 'retrying') AND j.handler > w.handler
                        ORDER BY j.handler LIMIT 1) next
                ), unserved AS (
                    SELECT queue, CASE WHEN EXISTS (SELECT FROM present p WHERE p.alive AND w.queue = ANY (p.queues)) THEN handler END
                        AS handler, (SELECT count(*) FROM (
                            SELECT FROM pipeline_jobs j
                            WHERE j.queue = w.queue AND j.handler = w.handler AND j.status IN ('queued', 'retrying')
                              AND j.run_after <= (SELECT clock_timestamp())
                            ORDER BY j.run_after LIMIT ?) due) AS jobs
                    FROM waiting w WHERE NOT EXISTS (
                        SELECT FROM present p WHERE p.alive AND w.queue = ANY (p.queues) AND w.handler = ANY (p.handlers))
                )
                SELECT queue, handler, sum(jobs) AS jobs, max(jobs) < ? AS exact FROM unserved WHERE jobs > 0
                GROUP BY queue, handler ORDER BY queue, handler""",
                row -> new Unserved(
                        row.getString("queue"), row.getString("handler"), row.getLong("jobs"), row.getBoolean("exact")),
                MOST_LOOKED_AT,
                MOST_LOOKED_AT);
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
