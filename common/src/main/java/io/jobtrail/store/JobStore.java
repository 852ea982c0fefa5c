package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import io.jobtrail.batch.Batcher;
import io.jobtrail.config.Json;
import io.jobtrail.job.ChangeListener;
import io.jobtrail.job.Claim;
import io.jobtrail.job.JobState;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.SharedStatements.Failed;
import io.jobtrail.store.SharedStatements.Finished;
import io.jobtrail.store.SharedStatements.Turn;
import io.jobtrail.store.SharedStatements.Turned;
import io.jobtrail.store.SharedStatements.Wanted;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/**
 * The way of a job: enqueued, claimed, ended. One method for each function of {@code sql/R__2_transitions.sql}, with its name. The
 * answer says what really happened; an empty one, or false, means that the job was not in the state that the transition starts
 * from, or that the claim is lost. Holds no rule of its own. Threads that come at the same moment share statements, so one store
 * is made for a process.
 */
public final class JobStore {
    /** About a megabyte of JSON text in one statement. */
    private static final Batcher.Limits LIMITS = new Batcher.Limits(64, 1 << 20);

    private final Database database;
    private final ChangeListener listener;
    private final SharedStatements statements;
    private final PatientStatements patient;
    private final GroupCommit<String, NewJob.Accepted> enqueues;
    private final GroupCommit<Turn, Turned> turns;
    private final GroupCommit<Failed, Optional<AfterFailure>> failures;
    private final ClaimReader reader;

    /** With nobody to tell how many callers shared a statement. */
    public JobStore(Database database) {
        this(database, new CompositeMeterRegistry());
    }

    /** @param meters gets {@code jobtrail.commit.items}: how many callers a statement and its commit were shared by */
    public JobStore(Database database, MeterRegistry meters) {
        this(database, meters, ChangeListener.NOBODY);
    }

    /** @param listener hears of what this store changes */
    public JobStore(Database database, MeterRegistry meters, ChangeListener listener) {
        this.database = database;
        this.listener = listener;
        statements = new SharedStatements(database, listener);
        patient = database.patient();
        enqueues = new GroupCommit<>(
                LIMITS,
                String::length,
                jobs -> statements.enqueue(jobs, false),
                job -> patient.ask(() -> statements.enqueue(List.of(job), true).get(0)),
                items(meters, "enqueue"));
        turns = new GroupCommit<>(
                LIMITS,
                Turn::size,
                jobs -> statements.turn(jobs, false),
                job -> patient.ask(() -> statements.turn(List.of(job), true).get(0)),
                items(meters, "turn"));
        failures = new GroupCommit<>(
                LIMITS,
                job -> job.error().length(),
                jobs -> statements.fail(jobs, false),
                job -> Optional.ofNullable(patient.ask(
                                () -> statements.fail(List.of(job), true).get(0)))
                        .flatMap(Function.identity()),
                items(meters, "fail"));
        reader = new ClaimReader(failures::submit);
    }

    private static DistributionSummary items(MeterRegistry meters, String statement) {
        return DistributionSummary.builder("jobtrail.commit.items")
                .description("callers that shared a statement and its commit")
                .tag("statement", statement)
                .register(meters);
    }

    /** Accepts a job; when this returns it is committed. */
    public NewJob.Accepted enqueue(NewJob job) {
        return enqueues.submit(SharedStatements.json(job));
    }

    /** Likewise all of them, or none. The answers are in the order of the jobs. */
    public List<NewJob.Accepted> enqueue(List<NewJob> jobs) {
        var all = jobs.stream().map(SharedStatements::json).toList();
        return patient.ask(() -> statements.enqueue(all, true));
    }

    /** Likewise, but none of them if one of their idempotency keys stands for other content: the answers say which. */
    public List<NewJob.Accepted> enqueueUnlessReused(List<NewJob> jobs) {
        var all = jobs.stream().map(SharedStatements::json).toList();
        return patient.ask(() -> statements.enqueueUnlessReused(all));
    }

    /** Takes the job that Redis named; empty: somebody has it, it is not due, paused, cancelled, or not for these handlers. */
    public Optional<Claim> claim(UUID id, String worker, Collection<String> handlers) {
        // Read here and not with the rows of the others: they are claimed already, whatever is wrong with this one.
        var turned = turns.submit(new Turn(null, new Wanted(id, worker, handlers)));
        return turned.next().flatMap(reader::read);
    }

    /** The queues that no job is claimed from at the moment. */
    public Set<QueueName> pausedQueues() {
        return Set.copyOf(database.list(
                "SELECT name FROM pipeline_queues WHERE paused",
                row -> QueueName.of(row.getString(1)).orElseThrow()));
    }

    /** Takes the oldest due jobs of the queues without asking Redis, in strict priority of the queues' order. */
    public List<Claim> claim(List<QueueName> queues, int limit, String worker, Collection<String> handlers) {
        var claims = database
                .list(
                        "SELECT * FROM claim_jobs(?, ?, ?, ?)",
                        ClaimedRow::of,
                        texts(queues.stream().map(QueueName::wireName).toList()),
                        limit,
                        worker,
                        texts(handlers))
                .stream()
                .map(reader::read)
                .flatMap(Optional::stream)
                .toList();
        listener.changed(claims.stream().map(Claim::id).toList());
        return claims;
    }

    /** @param result JSON text, or null */
    public boolean complete(Claim claim, String result) {
        var finished = new Finished(claim.id(), claim.version(), result);
        return turns.submit(new Turn(finished, null)).completed() || completeAlone(finished);
    }

    /** Waits for whoever has locked the row. */
    private boolean completeAlone(Finished finished) {
        return patient.ask(() ->
                statements.turn(List.of(new Turn(finished, null)), true).get(0).completed());
    }

    /** @param next the claim of the other job, if there was something to claim */
    public record Turnaround(boolean completed, Optional<Claim> next) {}

    /**
     * For a worker that knows what comes next: completes one job and claims another in the same commit. The other is claimed also
     * if the first claim is lost; and may be if this fails, see {@link #claimOf}. It is not kept while somebody has the first one
     * locked for long, as nobody would renew its lease.
     *
     * @param result JSON text, or null
     */
    public Turnaround completeAndClaim(Claim claim, String result, UUID next, Collection<String> handlers) {
        var finished = new Finished(claim.id(), claim.version(), result);
        var turned = turns.submit(new Turn(finished, new Wanted(next, claim.worker(), handlers)));
        try {
            // First, whatever is wrong with the other one.
            boolean completed = turned.completed() || completeAlone(finished);
            return new Turnaround(completed, turned.next().flatMap(reader::read));
        } catch (DatabaseFailure e) {
            turned.next().flatMap(reader::read).ifPresent(other -> giveBackAfter(e, other));
            throw e;
        }
    }

    private void giveBackAfter(DatabaseFailure failure, Claim notStarted) {
        try {
            // After one long wait, not behind others who wait: outside their limit, as nobody else knows of this claim
            // yet.
            giveBackAtOnce(List.of(notStarted), "NOT_STARTED");
        } catch (DatabaseFailure e) {
            failure.addSuppressed(e);
        }
    }

    /** The claim that this worker has of the job, for one that did not hear what became of its asking for it. */
    public Optional<Claim> claimOf(UUID id, String worker) {
        return database.first(
                        "SELECT * FROM pipeline_jobs WHERE id = ? AND status || '' = 'running' AND locked_by = ?",
                        ClaimedRow::of,
                        id,
                        worker)
                .flatMap(reader::read);
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
        return failures.submit(
                new Failed(claim.id(), claim.version(), Json.clean(code), Json.clean(error), permanent, retryIn));
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
        return patient.ask(() -> giveBackAtOnce(claims, reason));
    }

    private Map<UUID, JobState> giveBackAtOnce(Collection<Claim> claims, String reason) {
        var left = new LinkedHashMap<UUID, JobState>();
        database.list(
                "SELECT * FROM give_back_jobs(?, ?, ?)",
                row -> left.put(row.getObject("job_id", UUID.class), JobState.of(row.getString("status"))),
                array("uuid", claims.stream().map(Claim::id).toList()),
                array("int4", claims.stream().map(Claim::version).toList()),
                reason);
        listener.changed(left.keySet());
        return left;
    }

    /** Ends a running job whose cancellation was asked for. */
    public boolean finishCancelled(Claim claim) {
        var cancelled = patient.ask(() -> database.list(
                "SELECT * FROM finish_cancelled_jobs(ARRAY[?], ARRAY[?])",
                row -> row.getObject(1, UUID.class),
                claim.id(),
                claim.version()));
        listener.changed(cancelled);
        return !cancelled.isEmpty();
    }

    /**
     * Ends an attempt by asking a person, or by cancelling, if that was asked for; {@link #leftAs} tells which. Nothing is
     * charged for an attempt that asks.
     *
     * @param name which question of the handler this is; one that was answered may not be asked again
     * @param prompt JSON text
     */
    public boolean askPerson(Claim claim, String name, String type, String prompt) {
        var asked = patient.ask(() -> database.first(
                        "SELECT ask_person(?, ?, ?, ?, ?::jsonb)",
                        row -> row.getBoolean(1),
                        claim.id(),
                        claim.version(),
                        Json.clean(name),
                        Json.clean(type),
                        prompt)
                .orElseThrow());
        listener.changed(List.of(claim.id()));
        return asked;
    }

    private static Database.SqlArray texts(Collection<String> texts) {
        return array("text", List.copyOf(texts));
    }
}
