package io.jobtrail.store;

import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobEvent;
import io.jobtrail.job.JobFilter;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;

/** Every question about jobs. Changes nothing. */
public final class JobReader {
    /** All of a job but its two values without a bound, payload and result. */
    private static final String BOUNDED = """
            id, status, queue, realm, handler, stage, progress, attempt, max_attempts, version, error, error_code, created_at,
            started_at, finished_at, run_after, last_heartbeat_at, cancel_requested, document_id""";

    /** Five hundred jobs with values of this many bytes of JSON text are a few megabytes. */
    private static final int MAX_LISTED_BYTES = 4096;

    private final Database database;

    public JobReader(Database database) {
        this.database = database;
    }

    public Optional<JobDetails> job(UUID id) {
        return database.first(
                "SELECT " + BOUNDED + ", payload, result FROM pipeline_jobs WHERE id = ? AND deleted_at IS NULL",
                JobReader::details,
                id);
    }

    /** The one that the key belongs to, also when it was deleted: no other will be made under it. */
    public Optional<JobDetails> submitted(String realm, String idempotencyKey) {
        return database.first(
                "SELECT " + BOUNDED + ", payload, result FROM pipeline_jobs WHERE realm = ? AND idempotency_key = ?",
                JobReader::details,
                realm,
                idempotencyKey);
    }

    /**
     * Newest first; ids sort by age, so the primary key serves the order and the pages. Members of the payload with more than 4 KB
     * of JSON text are left out, and such a result is null: {@link #job} has them.
     */
    public List<JobDetails> recent(JobFilter filter) {
        var search = filter.search() == null ? null : "%" + filter.search().replaceAll("([%_\\\\])", "\\\\$1") + "%";
        var status = filter.status() == null ? null : filter.status().wireName();
        var queue = filter.queue() == null ? null : filter.queue().wireName();
        return database.list(
                "SELECT " + BOUNDED + """
                , (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(payload)
                   WHERE octet_length(value::text) <= ?) AS payload,
                -- The stored size first: it is known without unpacking, and already too large for what is largest.
                CASE WHEN pg_column_size(result) <= ? THEN CASE WHEN octet_length(result::text) <= ? THEN result END END AS result
                FROM pipeline_jobs
                WHERE deleted_at IS NULL
                  AND (?::uuid IS NULL OR id < ?)
                  AND (?::text IS NULL OR realm = ?)
                  AND (?::text IS NULL OR queue = ?)
                  AND (?::text IS NULL OR status = ?)
                  AND (?::text IS NULL OR handler = ?)
                  AND (?::text IS NULL OR error_code = ?)
                  AND (?::text IS NULL OR payload->>'filename' ILIKE ? OR error ILIKE ? OR id::text ILIKE ?)
                ORDER BY id DESC LIMIT ?""",
                JobReader::details,
                MAX_LISTED_BYTES,
                MAX_LISTED_BYTES,
                MAX_LISTED_BYTES,
                filter.before(),
                filter.before(),
                filter.realm(),
                filter.realm(),
                queue,
                queue,
                status,
                status,
                filter.handler(),
                filter.handler(),
                filter.errorCode(),
                filter.errorCode(),
                search,
                search,
                search,
                search,
                filter.limit());
    }

    public List<JobEvent> history(UUID id) {
        return database.list(
                """
                SELECT seq, previous_state, new_state, attempt, actor, reason, metadata, at, encode(hash, 'hex') AS hash
                FROM pipeline_job_events WHERE job_id = ? ORDER BY seq""",
                row -> new JobEvent(
                        row.getInt("seq"),
                        row.getString("previous_state"),
                        row.getString("new_state"),
                        row.getInt("attempt"),
                        row.getString("actor"),
                        row.getString("reason"),
                        row.getString("metadata"),
                        Database.instant(row, "at"),
                        row.getString("hash")),
                id);
    }

    /**
     * A contradiction in the trail.
     *
     * @param seq the first event that does not fit; null when the job has none
     */
    public record Problem(UUID jobId, Integer seq, String problem) {
        /** In words, with the event it is about. */
        public String describe() {
            return seq == null ? problem : "event " + seq + ": " + problem;
        }
    }

    /** Whether there is such a job, hidden or not, or an event of it. */
    public boolean isKnown(UUID id) {
        return database.first("""
                        SELECT EXISTS (SELECT FROM pipeline_jobs WHERE id = ?)
                            OR EXISTS (SELECT FROM pipeline_job_events WHERE job_id = ?)""", row -> row.getBoolean(1), id, id).orElseThrow();
    }

    /** @param id null = the trail of every job */
    public List<Problem> verifyTrail(UUID id) {
        return database.list(
                "SELECT * FROM verify_trail(?)",
                row -> new Problem(
                        row.getObject("job_id", UUID.class),
                        row.getObject("seq", Integer.class),
                        row.getString("problem")),
                id);
    }

    /**
     * A piece of a document's text as the finished job left it.
     *
     * @param position from 0
     */
    public record StoredChunk(
            int position, String text, int tokens, Integer pageFrom, Integer pageTo, List<Float> embedding) {}

    /** Only what the attempt that finished the job has produced; empty while it is not finished. */
    public List<StoredChunk> chunks(UUID id, int afterPosition, int limit) {
        return database.list(
                """
                SELECT c.* FROM pipeline_chunks c JOIN pipeline_jobs j ON j.id = c.job_id
                WHERE c.job_id = ? AND j.status = 'finished' AND c.version = j.version - 1 AND c.position > ?
                ORDER BY c.position LIMIT ?""",
                row -> new StoredChunk(
                        row.getInt("position"),
                        row.getString("text"),
                        row.getInt("tokens"),
                        row.getObject("page_from", Integer.class),
                        row.getObject("page_to", Integer.class),
                        List.of((Float[]) row.getArray("embedding").getArray())),
                id,
                afterPosition,
                limit);
    }

    /** Number of jobs in every state, by queue. */
    public Map<QueueName, Map<JobState, Long>> counts() {
        var counts = new LinkedHashMap<QueueName, Map<JobState, Long>>();
        for (var queue : QueueName.values()) {
            counts.put(queue, new LinkedHashMap<>());
        }
        database.list(
                "SELECT queue, status, count(*) AS n FROM pipeline_jobs WHERE deleted_at IS NULL GROUP BY queue, status",
                row -> counts.get(QueueName.of(row.getString("queue")).orElseThrow())
                        .put(JobState.of(row.getString("status")), row.getLong("n")));
        return counts;
    }

    /** Names that some worker has registered at least once. */
    public TreeSet<String> handlers() {
        return new TreeSet<>(database.list("SELECT name FROM pipeline_handlers", row -> row.getString(1)));
    }

    /** A job whose id belongs into the Redis list of its queue. */
    public record Due(UUID id, String handler, Instant runAfter) {}

    /**
     * Jobs for these handlers that could be claimed now, in the order in which they should be.
     *
     * @param after the last job of the page before; null = from the first one on
     */
    public List<Due> due(QueueName queue, Collection<String> handlers, Due after, int limit) {
        return database.list(
                """
                SELECT due.* FROM pipeline_queues q CROSS JOIN (SELECT DISTINCT unnest(?::text[])) AS able(handler)
                CROSS JOIN LATERAL (
                    SELECT j.id, j.handler, j.run_after FROM pipeline_jobs j
                    WHERE j.queue = q.name AND j.handler = able.handler AND j.status IN ('queued', 'retrying')
                      AND j.run_after <= (SELECT clock_timestamp())
                      AND (j.run_after, j.id) > (coalesce(?, '-infinity'::timestamptz), coalesce(?, '00000000-0000-0000-0000-000000000000'::uuid))
                    ORDER BY j.run_after, j.id LIMIT ?) due
                WHERE q.name = ? AND NOT q.paused
                ORDER BY due.run_after, due.id LIMIT ?""",
                row -> new Due(
                        row.getObject("id", UUID.class), row.getString("handler"), Database.instant(row, "run_after")),
                Database.array("text", List.copyOf(handlers)),
                after == null ? null : after.runAfter(),
                after == null ? null : after.id(),
                limit,
                queue.wireName(),
                limit);
    }

    /** A job that has ended. */
    public record Ended(UUID id, Instant finishedAt) {}

    /**
     * Jobs that ended so many days ago or earlier, the oldest first.
     *
     * @param after the last job of the page before; null = from the first one on
     */
    public List<Ended> ended(int days, Ended after, int limit) {
        return database.list(
                """
                SELECT id, finished_at FROM pipeline_jobs
                WHERE finished_at < (SELECT clock_timestamp() - make_interval(days => ?))
                  AND (finished_at, id) > (coalesce(?, '-infinity'::timestamptz), coalesce(?, '00000000-0000-0000-0000-000000000000'::uuid))
                ORDER BY finished_at, id LIMIT ?""",
                row -> new Ended(row.getObject("id", UUID.class), Database.instant(row, "finished_at")),
                days,
                after == null ? null : after.finishedAt(),
                after == null ? null : after.id(),
                limit);
    }

    /** Those of these jobs that no retention may take: their trail does not verify, or says that they ended later than they say. */
    public List<UUID> contradictions(int days, List<UUID> ids) {
        return database.list("""
                SELECT id FROM pipeline_jobs j
                WHERE id = ANY (?) AND (EXISTS (SELECT FROM verify_trail(j.id))
                  OR (SELECT max(at) FROM pipeline_job_events WHERE job_id = j.id)
                     >= (SELECT clock_timestamp() - make_interval(days => ?)))
                ORDER BY finished_at, id""", row -> row.getObject("id", UUID.class), Database.array("uuid", ids), days);
    }

    /** One line of {@code --show-running}. */
    public record Running(
            UUID id,
            String handler,
            String stage,
            Double progress,
            String worker,
            double runningSeconds,
            double heartbeatAgeSeconds) {}

    public List<Running> running() {
        return database.list(
                "SELECT * FROM running_jobs_monitor ORDER BY started_at",
                row -> new Running(
                        row.getObject("id", UUID.class),
                        row.getString("handler"),
                        row.getString("stage"),
                        nullableDouble(row, "progress"),
                        row.getString("locked_by"),
                        row.getDouble("running_seconds"),
                        row.getDouble("heartbeat_age_seconds")));
    }

    private static JobDetails details(ResultSet row) throws SQLException {
        return new JobDetails(
                row.getObject("id", UUID.class),
                JobState.of(row.getString("status")),
                row.getString("queue"),
                row.getString("realm"),
                row.getString("handler"),
                row.getString("stage"),
                nullableDouble(row, "progress"),
                row.getInt("attempt"),
                row.getInt("max_attempts"),
                row.getInt("version"),
                row.getString("payload"),
                row.getString("result"),
                row.getString("error"),
                row.getString("error_code"),
                Database.instant(row, "created_at"),
                Database.instant(row, "started_at"),
                Database.instant(row, "finished_at"),
                Database.instant(row, "run_after"),
                Database.instant(row, "last_heartbeat_at"),
                row.getBoolean("cancel_requested"),
                row.getObject("document_id", UUID.class));
    }

    private static Double nullableDouble(ResultSet row, String column) throws SQLException {
        var value = row.getFloat(column);
        return row.wasNull() ? null : Math.round(value * 1e4) / 1e4;
    }
}
