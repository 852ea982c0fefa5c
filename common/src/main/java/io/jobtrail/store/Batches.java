package io.jobtrail.store;

import io.jobtrail.job.JobState;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** How far the jobs are that were sent together. Reads them through their own index and nothing else; changes nothing. */
public final class Batches {
    private final Database database;

    public Batches(Database database) {
        this.database = database;
    }

    /**
     * Number of its jobs by state, without hidden ones.
     *
     * @param realm null = whichever
     */
    public Map<JobState, Long> counts(UUID batch, String realm) {
        var counts = new EnumMap<JobState, Long>(JobState.class);
        database.list("""
                SELECT status, count(*) AS n FROM pipeline_jobs
                WHERE batch_id = ? AND realm = coalesce(?, realm) AND deleted_at IS NULL GROUP BY status""", row -> counts.put(JobState.of(row.getString("status")), row.getLong("n")), batch, realm);
        return counts;
    }

    /**
     * A job of a batch, without what has no bound.
     *
     * @param filename null when it was sent without a file
     */
    public record Member(
            UUID id,
            JobState status,
            String queue,
            String handler,
            String filename,
            String stage,
            Double progress,
            String errorCode,
            Instant finishedAt) {}

    /**
     * In the order in which they were sent.
     *
     * @param realm null = whichever
     * @param after the last job of the page before; null = from the first one on
     */
    public List<Member> members(UUID batch, String realm, UUID after, int limit) {
        return database.list(
                """
                SELECT id, status, queue, handler, payload->>'filename' AS filename, stage, progress, error_code, finished_at
                FROM pipeline_jobs
                WHERE batch_id = ? AND realm = coalesce(?, realm) AND deleted_at IS NULL
                  AND id > coalesce(?, '00000000-0000-0000-0000-000000000000'::uuid)
                ORDER BY batch_id, id LIMIT ?""",
                row -> new Member(
                        row.getObject("id", UUID.class),
                        JobState.of(row.getString("status")),
                        row.getString("queue"),
                        row.getString("handler"),
                        row.getString("filename"),
                        row.getString("stage"),
                        JobList.nullableDouble(row, "progress"),
                        row.getString("error_code"),
                        Database.instant(row, "finished_at")),
                batch,
                realm,
                after,
                limit);
    }

    /** The one batch that all these jobs were sent in; empty when there is no such. */
    public Optional<UUID> of(Collection<UUID> jobs) {
        return database.first(
                """
                SELECT (array_agg(batch_id))[1] AS batch_id FROM pipeline_jobs WHERE id = ANY (?)
                HAVING count(DISTINCT batch_id) = 1 AND count(batch_id) = count(*)""", row -> row.getObject("batch_id", UUID.class), Database.array("uuid", List.copyOf(jobs)));
    }
}
