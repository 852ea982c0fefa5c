package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import io.jobtrail.config.Json;
import io.jobtrail.job.ChangeListener;
import io.jobtrail.job.JobState;
import io.jobtrail.job.NewJob;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * The statements that callers of {@link JobStore} share: one for any number of jobs, answered in the order in which they were
 * asked. Null as an answer means: not settled, because the claim is lost or somebody has locked the row.
 */
final class SharedStatements {
    private static final String ENQUEUE = "SELECT * FROM enqueue_jobs(?::jsonb, ?)";
    private static final Database.RowMapper<NewJob.Accepted> ACCEPTED = row -> new NewJob.Accepted(
            row.getObject("job_id", UUID.class),
            row.getString("queue"),
            JobState.of(row.getString("status")),
            row.getBoolean("already_existed"),
            row.getBoolean("same_content"));

    private final Database database;
    private final ChangeListener listener;

    SharedStatements(Database database, ChangeListener listener) {
        this.database = database;
        this.listener = listener;
    }

    /** One job as {@code enqueue_jobs} takes it. Made by its caller, so that nobody else waits for it. */
    static String json(NewJob job) {
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
        return Json.forDatabase(values);
    }

    /**
     * @param jobs each as JSON
     * @param wait for somebody else who is using one of the idempotency keys; else that is a failure soon
     */
    List<NewJob.Accepted> enqueue(List<String> jobs, boolean wait) {
        return told(database.list(ENQUEUE, ACCEPTED, jsonArray(jobs), wait));
    }

    /** Likewise, but makes none of them if one of their idempotency keys stands for other content: the answers say which. */
    List<NewJob.Accepted> enqueueUnlessReused(List<String> jobs) {
        try {
            return told(database.inTransaction(connection -> {
                var accepted = Database.list(connection, ENQUEUE, ACCEPTED, jsonArray(jobs), true);
                if (accepted.stream().allMatch(NewJob.Accepted::sameContent)) {
                    return accepted;
                }
                throw new Reused(accepted);
            }));
        } catch (Reused e) {
            return e.accepted;
        }
    }

    private List<NewJob.Accepted> told(List<NewJob.Accepted> accepted) {
        listener.changed(accepted.stream()
                .filter(job -> !job.alreadyExisted())
                .map(NewJob.Accepted::id)
                .toList());
        return accepted;
    }

    /** Rolls back. */
    private static final class Reused extends RuntimeException {
        private final transient List<NewJob.Accepted> accepted;

        Reused(List<NewJob.Accepted> accepted) {
            this.accepted = accepted;
        }
    }

    private static String jsonArray(List<String> jobs) {
        return "[" + String.join(",", jobs) + "]";
    }

    /** A claim among others, of which one process may hold a lost one and its successor. */
    private record Held(UUID id, int version) {}

    private static List<UUID> ids(Set<Held> claims) {
        return claims.stream().map(Held::id).toList();
    }

    /** @param result JSON text, or null */
    record Finished(UUID id, int version, String result) {
        private Held held() {
            return new Held(id, version);
        }

        int size() {
            return result == null ? 0 : result.length();
        }
    }

    /** @param handlers those that the worker has */
    record Wanted(UUID id, String worker, Collection<String> handlers) {}

    /**
     * What a worker does between two jobs.
     *
     * @param finished the one that it ends, or null
     * @param wanted the one that it begins, or null
     */
    record Turn(Finished finished, Wanted wanted) {
        int size() {
            return finished == null ? 0 : finished.size();
        }
    }

    /**
     * @param completed false if there was nothing to complete, too
     * @param next empty if it could not be claimed
     */
    record Turned(boolean completed, Optional<ClaimedRow> next) {}

    /**
     * A process has one set of handlers; whoever asks for another than the first is not settled.
     *
     * @param wait for rows to complete that somebody has locked; else they are not completed
     */
    List<Turned> turn(List<Turn> turns, boolean wait) {
        var handlers = turns.stream()
                .filter(turn -> turn.wanted() != null)
                .findFirst()
                .map(turn -> turn.wanted().handlers())
                .orElse(List.of());
        Predicate<Turn> asked =
                turn -> turn.wanted() == null || turn.wanted().handlers().equals(handlers);
        var together = turns.stream().filter(asked).toList();
        var ended =
                together.stream().map(Turn::finished).filter(Objects::nonNull).toList();
        var wanted =
                together.stream().map(Turn::wanted).filter(Objects::nonNull).toList();
        var done = new HashSet<Held>();
        var claimed = new HashMap<UUID, ClaimedRow>();
        database.list(
                "SELECT ended, ended_version, (claimed).* FROM turn_jobs(?, ?, ?, ?, ?, ?, ?)",
                row -> {
                    var id = row.getObject("ended", UUID.class);
                    return id == null
                            ? claimed.put(row.getObject("id", UUID.class), ClaimedRow.of(row))
                            : done.add(new Held(id, row.getInt("ended_version")));
                },
                array("uuid", ended.stream().map(Finished::id).toList()),
                array("int4", ended.stream().map(Finished::version).toList()),
                array("jsonb", ended.stream().map(Finished::result).toList()),
                array("uuid", wanted.stream().map(Wanted::id).toList()),
                array("text", wanted.stream().map(Wanted::worker).toList()),
                array("text", List.copyOf(handlers)),
                wait);
        listener.changed(ids(done));
        listener.changed(claimed.keySet());
        return turns.stream()
                .map(turn -> asked.test(turn) ? new Turned(isIn(done, turn), take(claimed, turn.wanted())) : null)
                .toList();
    }

    private static boolean isIn(Set<Held> done, Turn turn) {
        return turn.finished() != null && done.contains(turn.finished().held());
    }

    /** Each row is handed out once, even if its worker has named the job twice. */
    private static Optional<ClaimedRow> take(Map<UUID, ClaimedRow> claimed, Wanted wanted) {
        var row = wanted == null ? null : claimed.get(wanted.id());
        return row != null && row.worker().equals(wanted.worker())
                ? Optional.of(claimed.remove(wanted.id()))
                : Optional.empty();
    }

    record Failed(UUID id, int version, String code, String error, boolean permanent, Duration retryIn) {
        private Held held() {
            return new Held(id, version);
        }
    }

    /** @param wait for rows that somebody has locked */
    List<Optional<JobStore.AfterFailure>> fail(List<Failed> jobs, boolean wait) {
        var left = new HashMap<Held, JobStore.AfterFailure>();
        database.list(
                "SELECT * FROM fail_jobs(?, ?, ?, ?, ?, ?, ?)",
                row -> left.put(
                        new Held(row.getObject("job_id", UUID.class), row.getInt("claim_version")),
                        new JobStore.AfterFailure(
                                JobState.of(row.getString("status")), Database.instant(row, "run_after"))),
                array("uuid", jobs.stream().map(Failed::id).toList()),
                array("int4", jobs.stream().map(Failed::version).toList()),
                array("text", jobs.stream().map(Failed::code).toList()),
                array("text", jobs.stream().map(Failed::error).toList()),
                array("bool", jobs.stream().map(Failed::permanent).toList()),
                array(
                        "interval",
                        jobs.stream()
                                .map(job -> job.retryIn().toMillis() + " ms")
                                .toList()),
                wait);
        listener.changed(ids(left.keySet()));
        return jobs.stream()
                .map(job -> left.containsKey(job.held()) ? Optional.of(left.get(job.held())) : null)
                .toList();
    }
}
