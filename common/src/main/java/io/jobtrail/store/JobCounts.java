package io.jobtrail.store;

import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** How many jobs there are, from sums that the database keeps right with every change. Must not count jobs itself. */
public final class JobCounts {
    private final Database database;

    public JobCounts(Database database) {
        this.database = database;
    }

    /**
     * Number of jobs in every state, by queue; hidden ones are not counted.
     *
     * @param realm null = all
     */
    public Map<QueueName, Map<JobState, Long>> byQueue(String realm) {
        var counts = new LinkedHashMap<QueueName, Map<JobState, Long>>();
        for (var queue : QueueName.values()) {
            counts.put(queue, new LinkedHashMap<>());
        }
        database.list(
                """
                SELECT queue, status, sum(jobs) AS n FROM pipeline_job_counts WHERE realm = coalesce(?, realm)
                GROUP BY queue, status HAVING sum(jobs) <> 0""",
                row -> counts.get(QueueName.of(row.getString("queue")).orElseThrow())
                        .put(JobState.of(row.getString("status")), row.getLong("n")),
                realm);
        return counts;
    }

    /**
     * Seconds for which the oldest due job of each queue has waited; none for a queue where no job is due. Steps from handler to
     * handler, as the index is sorted, and reads one job of each.
     */
    public Map<QueueName, Double> oldestWaits() {
        var waits = new EnumMap<QueueName, Double>(QueueName.class);
        database.list(
                """
                WITH RECURSIVE waiting AS (
                    SELECT q.name AS queue, first.handler FROM pipeline_queues q CROSS JOIN LATERAL (
                        SELECT j.handler FROM pipeline_jobs j WHERE j.queue = q.name AND j.status IN ('queued', 'retrying')
                        ORDER BY j.handler LIMIT 1) first
                    UNION ALL
                    SELECT w.queue, next.handler FROM waiting w CROSS JOIN LATERAL (
                        SELECT j.handler FROM pipeline_jobs j
                        WHERE j.queue = w.queue AND j.status IN ('queued', 'retrying') AND j.handler > w.handler
                        ORDER BY j.handler LIMIT 1) next
                )
                SELECT w.queue, extract(epoch FROM clock_timestamp() - min(oldest.run_after))::float8 AS seconds
                FROM waiting w CROSS JOIN LATERAL (
                    SELECT j.run_after FROM pipeline_jobs j
                    WHERE j.queue = w.queue AND j.handler = w.handler AND j.status IN ('queued', 'retrying')
                    ORDER BY j.run_after LIMIT 1) oldest
                GROUP BY w.queue HAVING min(oldest.run_after) < clock_timestamp()""", row -> waits.put(QueueName.of(row.getString("queue")).orElseThrow(), row.getDouble("seconds")));
        return waits;
    }

    /** Keeps the sums short. */
    public void fold() {
        database.first("SELECT fold_job_counts()", row -> row.getLong(1));
    }
}
