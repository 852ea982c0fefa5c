package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import com.fasterxml.jackson.core.type.TypeReference;
import io.jobtrail.config.Json;
import io.jobtrail.job.Claim;
import io.jobtrail.job.Job;
import io.jobtrail.job.JobState;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Every change of a job's state: one method for each function of {@code sql/R__2_transitions.sql}, with its name. The answer
 * says what really happened; an empty one, or false, means that the job was not in the state that the transition starts from,
 * or that the claim is lost. Holds no rule of its own.
 */
public final class JobStore {
    private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

    private final Database database;

    public JobStore(Database database) {
        this.database = database;
    }

    /** Accepts jobs; when this returns they are committed. The answers are in the order of the jobs. */
    public List<NewJob.Accepted> enqueue(List<NewJob> jobs) {
        return database.list(
                "SELECT * FROM enqueue_jobs(?::jsonb)",
                row -> new NewJob.Accepted(
                        row.getObject("job_id", UUID.class),
                        row.getString("queue"),
                        JobState.of(row.getString("status")),
                        row.getBoolean("already_existed"),
                        row.getBoolean("same_content")),
                Json.forDatabase(jobs.stream().map(JobStore::submission).toList()));
    }

    public NewJob.Accepted enqueue(NewJob job) {
        return enqueue(List.of(job)).get(0);
    }

    /** Takes the job that Redis named; empty: somebody has it, it is not due, paused, cancelled, or not for these handlers. */
    public Optional<Claim> claim(UUID id, String worker, Collection<String> handlers) {
        return database.first(
                "SELECT * FROM claim_jobs_by_id(ARRAY[?], ARRAY[?], ?)", JobStore::claim, id, worker, texts(handlers));
    }

    /** Takes the oldest due jobs of the queues without asking Redis, in strict priority of the queues' order. */
    public List<Claim> claim(List<QueueName> queues, int limit, String worker, Collection<String> handlers) {
        return database.list(
                "SELECT * FROM claim_jobs(?, ?, ?, ?)",
                JobStore::claim,
                texts(queues.stream().map(QueueName::wireName).toList()),
                limit,
                worker,
                texts(handlers));
    }

    /**
     * A sign of life for a claim, with how far it is.
     *
     * @param stage null = unchanged, likewise progress
     */
    public record Beat(UUID id, int version, String stage, Double progress) {}

    /**
     * What a claim learns from its heartbeat.
     *
     * @param expired the attempt has used up its time; its lease was not renewed
     * @param renewed false: nothing was written, as while somebody else has locked the row
     */
    public record Pulse(boolean cancelRequested, boolean expired, boolean renewed) {}

    /** Renews the leases of claims. A claim without an answer is lost. */
    public Map<UUID, Pulse> updateHeartbeats(List<Beat> beats) {
        return pulses(
                "SELECT * FROM update_job_heartbeats(?, ?, ?, ?)",
                array("uuid", beats.stream().map(Beat::id).toList()),
                array("int4", beats.stream().map(Beat::version).toList()),
                array(
                        "text",
                        beats.stream().map(beat -> Json.clean(beat.stage())).toList()),
                array("float4", beats.stream().map(Beat::progress).toList()));
    }

    /** What the claims would learn from a heartbeat, without one: writes nothing and renews nothing. */
    public Map<UUID, Pulse> pulses(List<Claim> claims) {
        return pulses(
                """
                SELECT j.id AS job_id, j.cancel_requested, false AS renewed,
                       clock_timestamp() >= j.started_at + make_interval(secs => j.timeout_sec) AS expired
                FROM unnest(?, ?) AS held(id, version)
                JOIN pipeline_jobs j ON j.id = held.id AND j.status = 'running' AND j.version = held.version""",
                array("uuid", claims.stream().map(Claim::id).toList()),
                array("int4", claims.stream().map(Claim::version).toList()));
    }

    private Map<UUID, Pulse> pulses(String sql, Object... parameters) {
        var pulses = new LinkedHashMap<UUID, Pulse>();
        database.list(
                sql,
                row -> pulses.put(
                        row.getObject("job_id", UUID.class),
                        new Pulse(
                                row.getBoolean("cancel_requested"),
                                row.getBoolean("expired"),
                                row.getBoolean("renewed"))),
                parameters);
        return pulses;
    }

    /** @param result JSON text, or null */
    public boolean complete(Claim claim, String result) {
        return !database.list(
                        "SELECT * FROM complete_jobs(ARRAY[?], ARRAY[?], ARRAY[?::jsonb])",
                        row -> row.getObject(1),
                        claim.id(),
                        claim.version(),
                        result)
                .isEmpty();
    }

    /**
     * What became of a job whose attempt failed.
     *
     * @param status retrying, failed or cancelled
     * @param runAfter when it is due again, if it is retrying
     */
    public record AfterFailure(JobState status, Instant runAfter) {}

    /** @param retryIn pause before the next attempt, if there is one */
    public Optional<AfterFailure> fail(Claim claim, String code, String error, boolean permanent, Duration retryIn) {
        return database.first(
                "SELECT * FROM fail_jobs(ARRAY[?], ARRAY[?], ARRAY[?], ARRAY[?], ARRAY[?], ARRAY[? * interval '1 ms'])",
                row -> new AfterFailure(JobState.of(row.getString("status")), Database.instant(row, "run_after")),
                claim.id(),
                claim.version(),
                Json.clean(code),
                Json.clean(error),
                permanent,
                retryIn.toMillis());
    }

    /**
     * The state this claim was left in, if its holder has left it. For a holder whose last write may or may not have been
     * committed when the connection broke.
     */
    public Optional<JobState> leftAs(Claim claim) {
        return database.first(
                """
                SELECT new_state FROM pipeline_job_events
                WHERE job_id = ? AND seq = ? AND ? IN (actor, metadata->>'stopped_by')""", row -> JobState.of(row.getString(1)), claim.id(), claim.version() + 1, "worker:" + claim.worker());
    }

    /** The job goes back to its queue and is not charged for this attempt; or is cancelled, if that was asked for. */
    public Optional<JobState> giveBack(Claim claim, String reason) {
        return Optional.ofNullable(giveBack(List.of(claim), reason).get(claim.id()));
    }

    /** Likewise all of them at once. A claim without an answer is lost. */
    public Map<UUID, JobState> giveBack(Collection<Claim> claims, String reason) {
        var left = new LinkedHashMap<UUID, JobState>();
        database.list(
                "SELECT * FROM give_back_jobs(?, ?, ?)",
                row -> left.put(row.getObject("job_id", UUID.class), JobState.of(row.getString("status"))),
                array("uuid", claims.stream().map(Claim::id).toList()),
                array("int4", claims.stream().map(Claim::version).toList()),
                reason);
        return left;
    }

    /** Ends a running job whose cancellation was asked for. */
    public boolean finishCancelled(Claim claim) {
        return !database.list(
                        "SELECT * FROM finish_cancelled_jobs(ARRAY[?], ARRAY[?])",
                        row -> row.getObject(1),
                        claim.id(),
                        claim.version())
                .isEmpty();
    }

    /**
     * Ends an attempt by asking a person, or by cancelling, if that was asked for; {@link #leftAs} tells which. Nothing is
     * charged for an attempt that asks.
     *
     * @param name which question of the handler this is; one that was answered may not be asked again
     * @param prompt JSON text
     */
    public boolean askPerson(Claim claim, String name, String type, String prompt) {
        return isTrue(
                "SELECT ask_person(?, ?, ?, ?, ?::jsonb)",
                claim.id(),
                claim.version(),
                Json.clean(name),
                Json.clean(type),
                prompt);
    }

    /**
     * Puts the job back into its queue with the answer. False: nothing is asked, or not any more.
     *
     * @param name the question that is answered; null = whichever is open
     * @param answer JSON text
     */
    public boolean answerPrompt(UUID id, String name, String answer, String actor, String reason) {
        return isTrue("SELECT answer_prompt(?, ?::jsonb, ?, ?, ?)", id, answer, actor, reason, name);
    }

    /** A running job is only asked to stop. False: it has ended already, or does not exist. */
    public boolean cancel(UUID id, String actor, String reason) {
        return isTrue("SELECT cancel_job(?, ?, ?)", id, actor, reason);
    }

    public boolean retry(UUID id, String actor, String reason) {
        return isTrue("SELECT retry_job(?, ?, ?)", id, actor, reason);
    }

    /** A job that was taken from a worker that gave no sign of life. */
    public record Released(UUID id, JobState status, String lostBy) {}

    public List<Released> releaseStale(Duration lease, int limit, String actor) {
        return database.list(
                "SELECT * FROM release_stale_jobs(? * interval '1 ms', ?, ?)",
                row -> new Released(
                        row.getObject("job_id", UUID.class),
                        JobState.of(row.getString("status")),
                        row.getString("lost_by")),
                lease.toMillis(),
                limit,
                actor);
    }

    /**
     * Deletes these jobs, with their trail, document and chunks, as far as they ended so many days ago and their trail verifies.
     *
     * @param patience longest time this may take; after it nothing was deleted, and the failure says 57014
     * @return how many went
     */
    public int purgeExpired(int days, List<UUID> ids, Duration patience, String actor) {
        return database.inTransaction(connection -> {
            Database.update(connection, "SET LOCAL statement_timeout = " + patience.toMillis());
            return Database.list(
                            connection,
                            "SELECT purge_expired_jobs(?, ?, ?)",
                            row -> row.getInt(1),
                            days,
                            array("uuid", ids),
                            actor)
                    .get(0);
        });
    }

    private static Object submission(NewJob job) {
        var values = new LinkedHashMap<String, Object>();
        values.put("id", job.id());
        values.put("queue", job.queue().wireName());
        values.put("realm", job.realm());
        values.put("handler", job.handler());
        values.put("payload", job.payload());
        values.put("document_id", job.documentId());
        values.put("batch_id", job.batchId());
        values.put("max_attempts", job.maxAttempts());
        values.put("run_after", job.runAfter());
        values.put("timeout_sec", job.timeoutSec());
        values.put("idempotency_key", job.idempotencyKey());
        values.put("fingerprint", job.fingerprint());
        values.put("traceparent", job.traceparent());
        values.put("actor", job.actor());
        return values;
    }

    private boolean isTrue(String question, Object... parameters) {
        return database.first(question, row -> row.getBoolean(1), parameters).orElseThrow();
    }

    private static Claim claim(ResultSet row) throws SQLException {
        var job = new Job(
                row.getObject("id", UUID.class),
                row.getString("queue"),
                row.getString("realm"),
                row.getString("handler"),
                row.getInt("attempt"),
                row.getInt("max_attempts"),
                Json.readStored(row.getString("payload"), OBJECT));
        return new Claim(
                job,
                row.getString("locked_by"),
                row.getInt("version"),
                row.getObject("document_id", UUID.class),
                Duration.ofSeconds(row.getInt("timeout_sec")),
                row.getString("traceparent"));
    }

    private static Database.SqlArray texts(Collection<String> texts) {
        return array("text", List.copyOf(texts));
    }
}
