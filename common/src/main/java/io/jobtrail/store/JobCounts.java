package io.jobtrail.store;

import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
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

    /** Seconds for which the oldest due job of each queue has waited; none for a queue where no job is due. */
    public Map<QueueName, Double> oldestWaits() {
        var waits = new LinkedHashMap<QueueName, Double>();
        for (var queue : QueueName.values()) {
            database.first("""
                            SELECT extract(epoch FROM clock_timestamp() - min(run_after))::float8 AS seconds FROM pipeline_jobs
                            WHERE queue = ? AND status IN ('queued', 'retrying')""", row -> row.getDouble("seconds"), queue.wireName())
                    .filter(seconds ->
                            seconds > 0) // null for an empty queue reads as 0, and what is not due is below it
                    .ifPresent(seconds -> waits.put(queue, seconds));
        }
        return waits;
    }

    /** Keeps the sums short. */
    public void fold() {
        database.first("SELECT fold_job_counts()", row -> row.getLong(1));
    }
}
