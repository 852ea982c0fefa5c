package io.jobtrail.store;

import io.jobtrail.job.QueueName;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The queues themselves: whether jobs of them are begun with, who decided that, and who works on them. Claims are not its matter. */
public final class Queues {
    private static final int MOST_COUNTED = 1000;

    private final Database database;

    public Queues(Database database) {
        this.database = database;
    }

    /**
     * How a queue is set.
     *
     * @param changedAt when it was paused or resumed last, or set up
     * @param reason why, if somebody said so
     * @param timeoutSec limit of one attempt when the job names none
     */
    public record Setting(
            QueueName name, boolean paused, Instant changedAt, String changedBy, String reason, int timeoutSec) {}

    /** In the order of their names' priority. */
    public List<Setting> settings() {
        var settings = new EnumMap<QueueName, Setting>(QueueName.class);
        database.list("SELECT * FROM pipeline_queues", row -> {
            var name = QueueName.of(row.getString("name")).orElseThrow();
            return settings.put(
                    name,
                    new Setting(
                            name,
                            row.getBoolean("paused"),
                            Database.instant(row, "changed_at"),
                            row.getString("changed_by"),
                            row.getString("reason"),
                            row.getInt("timeout_sec")));
        });
        return List.copyOf(settings.values());
    }

    /** False: it is paused already, and what that was for stands. */
    public boolean pause(QueueName queue, String actor, String reason) {
        return change("SELECT pause_queue(?, ?, ?)", queue, actor, reason);
    }

    /** False: it is not paused. */
    public boolean resume(QueueName queue, String actor, String reason) {
        return change("SELECT resume_queue(?, ?, ?)", queue, actor, reason);
    }

    private boolean change(String sql, QueueName queue, String actor, String reason) {
        return database.first(sql, row -> row.getBoolean(1), queue.wireName(), actor, reason)
                .orElseThrow();
    }

    /**
     * Who works on a queue.
     *
     * @param workers living processes that serve it
     * @param finishedLastMinute jobs, as these processes have counted them at their last beat
     */
    public record Service(long workers, long finishedLastMinute) {
        public static final Service NONE = new Service(0, 0);
    }

    public Map<QueueName, Service> services() {
        var services = new EnumMap<QueueName, Service>(QueueName.class);
        database.list(
                WorkerRegistry.PRESENT + """
                SELECT q.name, count(*) AS workers,
                       coalesce(sum((p.metrics->'finished_last_minute'->>q.name)::bigint), 0) AS finished
                FROM pipeline_queues q JOIN present p ON p.alive AND q.name = ANY (p.queues) GROUP BY q.name""",
                row -> services.put(
                        QueueName.of(row.getString("name")).orElseThrow(),
                        new Service(row.getLong("workers"), row.getLong("finished"))));
        return services;
    }

    /**
     * How many jobs of each queue wait for their time to come. None for a queue where they are too many of one handler to be counted
     * by those who only look.
     */
    public Map<QueueName, Long> notDue() {
        var notDue = new EnumMap<QueueName, Long>(QueueName.class);
        database.list(
                """
                SELECT q.name, sum(later.jobs) AS jobs
                FROM pipeline_queues q CROSS JOIN pipeline_handlers h CROSS JOIN LATERAL (
                    SELECT count(*) AS jobs FROM (
                        SELECT FROM pipeline_jobs j
                        WHERE j.queue = q.name AND j.handler = h.name AND j.status IN ('queued', 'retrying')
                          AND j.run_after > (SELECT clock_timestamp())
                        ORDER BY j.run_after LIMIT ?) counted) later
                GROUP BY q.name HAVING max(later.jobs) <= ?""",
                row -> notDue.put(QueueName.of(row.getString("name")).orElseThrow(), row.getLong("jobs")),
                MOST_COUNTED + 1,
                MOST_COUNTED);
        return notDue;
    }
}
