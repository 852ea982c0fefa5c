package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What those ask who wait for jobs: how far each is, what it waits for, how long such jobs take. Every answer costs the same,
 * however many jobs there are. Changes nothing.
 */
public final class WaitingJobs {
    /** Behind a million others this many take 0.14 ms, a thousand 0.8 ms. */
    public static final int COUNTED = 100;

    private static final int RECENT = 20;

    private final Database database;

    public WaitingJobs(Database database) {
        this.database = database;
    }

    /** How far a job is, as far as that ends somebody's wait. */
    public record Mark(JobState status, int version, String stage, Double progress, boolean cancelRequested) {
        public static Mark of(JobDetails job) {
            return new Mark(job.status(), job.version(), job.stage(), job.progress(), job.cancelRequested());
        }

        private static Mark of(ResultSet row) throws SQLException {
            return new Mark(
                    JobState.of(row.getString("status")),
                    row.getInt("version"),
                    row.getString("stage"),
                    JobList.nullableDouble(row, "progress"),
                    row.getBoolean("cancel_requested"));
        }
    }

    /** Those that are missing in the answer do not exist any more. */
    public Map<UUID, Mark> marks(Collection<UUID> jobs) {
        var marks = new HashMap<UUID, Mark>();
        database.list(
                """
                SELECT j.* FROM unnest(?::uuid[]) AS asked(id) CROSS JOIN LATERAL (
                    SELECT id, status, version, stage, progress, cancel_requested FROM pipeline_jobs
                    WHERE id = asked.id AND deleted_at IS NULL LIMIT 1) j""", row -> marks.put(row.getObject("id", UUID.class), Mark.of(row)), array("uuid", List.copyOf(jobs)));
        return marks;
    }

    /**
     * What a job that does not run waits for.
     *
     * @param served a living worker serves the queue
     * @param able one of these has the handler
     * @param places jobs that these could run at once
     * @param ahead jobs of the queue whose turn comes before, of each handler at most {@link #COUNTED}
     * @param askedAt when a person was asked; null = nothing is asked
     */
    public record Standing(boolean served, boolean able, int places, int ahead, Instant askedAt) {}

    /**
     * Reads the queue backwards from the job on, past those that are waiting: what is before the first of them in the index is what
     * was claimed lately.
     */
    public Optional<Standing> standing(JobDetails job) {
        return database.first(
                """
                SELECT w.served, w.able, w.places,
                       (SELECT asked_at FROM pipeline_job_prompts WHERE job_id = ? AND answer IS NULL) AS asked_at,
                       (SELECT coalesce(sum(a.jobs), 0) FROM pipeline_handlers h CROSS JOIN LATERAL (
                            SELECT count(*) AS jobs FROM (
                                SELECT FROM pipeline_jobs j
                                WHERE j.queue = q.name AND j.handler = h.name AND j.status IN ('queued', 'retrying')
                                  AND (j.run_after, j.id) < (?::timestamptz, ?::uuid)
                                ORDER BY j.run_after DESC, j.id DESC LIMIT ?) before) a) AS ahead
                FROM pipeline_queues q CROSS JOIN (
                    SELECT count(*) > 0 AS served, coalesce(bool_or(able), false) AS able,
                           coalesce(sum(concurrency) FILTER (WHERE able), 0) AS places
                    FROM (SELECT concurrency, ? = ANY (handlers) AS able FROM pipeline_workers
                          WHERE stopped_at IS NULL AND last_beat_at > clock_timestamp() - interval '60 seconds'
                            AND ? = ANY (queues)) living) w
                WHERE q.name = ?""",
                row -> new Standing(
                        row.getBoolean("served"),
                        row.getBoolean("able"),
                        row.getInt("places"),
                        row.getInt("ahead"),
                        Database.instant(row, "asked_at")),
                job.id(),
                job.runAfter(),
                job.id(),
                COUNTED,
                job.handler(),
                job.queue(),
                job.queue());
    }

    /** The median of the newest attempts that finished; empty when there is none yet. */
    public Optional<Double> typicalSeconds(String queue, String realm, String handler) {
        return database.first("""
                SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at)::float8) AS seconds
                FROM (SELECT finished_at, started_at FROM pipeline_jobs
                      -- In the order of the index on kinds: by the primary key many others would be read.
                      WHERE status = ANY (ARRAY['finished']) AND queue = ? AND realm = ? AND handler = ?
                      ORDER BY status DESC, id DESC LIMIT ?) newest
                HAVING count(*) > 0""", row -> row.getDouble("seconds"), queue, realm, handler, RECENT);
    }
}
