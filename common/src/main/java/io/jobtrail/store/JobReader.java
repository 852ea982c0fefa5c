package io.jobtrail.store;

import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobEvent;
import io.jobtrail.job.JobFilter;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;

/** Every question about jobs. Changes nothing. */
public final class JobReader {
    private static final UUID NOBODY = new UUID(0, 0);

    private final Database database;
    private final JobList list;
    private final JobCounts counts;

    public JobReader(Database database) {
        this.database = database;
        list = new JobList(database);
        counts = new JobCounts(database);
    }

    public Optional<JobDetails> job(UUID id) {
        return job(id, null);
    }

    /** @param realm null = whichever; nothing is read of one of another */
    public Optional<JobDetails> job(UUID id, String realm) {
        return database.first(
                "SELECT " + JobList.BOUNDED
                        + ", payload, result FROM pipeline_jobs WHERE id = ? AND realm = coalesce(?, realm) AND deleted_at IS NULL",
                JobList::details,
                id,
                realm);
    }

    /** The one that the key belongs to, also when it was deleted: no other will be made under it. */
    public Optional<JobDetails> submitted(String realm, String idempotencyKey) {
        return database.first(
                "SELECT " + JobList.BOUNDED
                        + ", payload, result FROM pipeline_jobs WHERE realm = ? AND idempotency_key = ?",
                JobList::details,
                realm,
                idempotencyKey);
    }

    /** Newest first, in bounded time, which takes more than one page when it is a long way to what the filter wants. */
    public JobList.Page page(JobFilter filter) {
        return list.page(filter);
    }

    /** How many jobs the filter wants, without its text, on all pages. */
    public long count(JobFilter filter) {
        return list.count(filter);
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

    /** Number of jobs in every state, by queue; hidden ones are not counted. */
    public Map<QueueName, Map<JobState, Long>> counts() {
        return counts(null);
    }

    /** @param realm null = all */
    public Map<QueueName, Map<JobState, Long>> counts(String realm) {
        return counts.byQueue(realm);
    }

    /** The realms of those of these jobs that exist, hidden or not. The realm of a job never changes. */
    public Map<UUID, String> realms(Collection<UUID> ids) {
        var realms = new HashMap<UUID, String>();
        database.list(
                "SELECT id, realm FROM pipeline_jobs WHERE id = ANY (?)",
                row -> realms.put(row.getObject("id", UUID.class), row.getString("realm")),
                Database.array("uuid", List.copyOf(ids)));
        return realms;
    }

    /** Seconds for which the oldest due job of each queue has waited; none for a queue where no job is due. */
    public Map<QueueName, Double> oldestWaits() {
        return counts.oldestWaits();
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
     * Jobs that ended so many days ago or earlier, in the order of their ids.
     *
     * @param after the last job of the page before; null = from the first one on
     */
    public List<Ended> ended(int days, Ended after, int limit) {
        return database.list(
                """
                SELECT old.* FROM (SELECT clock_timestamp() - make_interval(days => ?) AS enough) time
                CROSS JOIN LATERAL ids_that_may_have_ended(time.enough) range
                CROSS JOIN LATERAL (
                    SELECT j.id, j.finished_at FROM pipeline_jobs j
                    WHERE j.id > greatest(range.first_id, ?) AND j.id <= range.last_id AND j.finished_at < time.enough
                    ORDER BY j.id LIMIT ?) old
                ORDER BY old.id LIMIT ?""",
                row -> new Ended(row.getObject("id", UUID.class), Database.instant(row, "finished_at")),
                days,
                after == null ? NOBODY : after.id(),
                limit,
                limit);
    }

    /** Those of these jobs that no retention may take: their trail does not verify, or says that they ended later than they say. */
    public List<UUID> contradictions(int days, List<UUID> ids) {
        return database.list("""
                SELECT id FROM pipeline_jobs j
                WHERE id = ANY (?) AND (EXISTS (SELECT FROM verify_trail(j.id))
                  OR (SELECT max(at) FROM pipeline_job_events WHERE job_id = j.id)
                     >= (SELECT clock_timestamp() - make_interval(days => ?)))
                ORDER BY id""", row -> row.getObject("id", UUID.class), Database.array("uuid", ids), days);
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
                        JobList.nullableDouble(row, "progress"),
                        row.getString("locked_by"),
                        row.getDouble("running_seconds"),
                        row.getDouble("heartbeat_age_seconds")));
    }
}
