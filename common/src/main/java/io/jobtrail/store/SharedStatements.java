package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import io.jobtrail.job.JobState;
import io.jobtrail.job.NewJob;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The statements that callers of {@link JobStore} share: one for any number of jobs, answered in the order in which they were
 * asked. Null as an answer means: not settled, because the claim is lost or somebody has locked the row.
 */
final class SharedStatements {
    private final Database database;

    SharedStatements(Database database) {
        this.database = database;
    }

    /**
     * @param jobs each as JSON
     * @param wait for somebody else who is using one of the idempotency keys; else that is a failure soon
     */
    List<NewJob.Accepted> enqueue(List<String> jobs, boolean wait) {
        return database.list(
                "SELECT * FROM enqueue_jobs(?::jsonb, ?)",
                row -> new NewJob.Accepted(
                        row.getObject("job_id", UUID.class),
                        row.getString("queue"),
                        JobState.of(row.getString("status")),
                        row.getBoolean("already_existed"),
                        row.getBoolean("same_content")),
                "[" + String.join(",", jobs) + "]",
                wait);
    }

    /** @param handlers those that the worker has */
    record Wanted(UUID id, String worker, Collection<String> handlers) {}

    /** Empty: it could not be claimed. A process has one set of handlers; whoever asks for another is not settled. */
    List<Optional<ClaimedRow>> claim(List<Wanted> wanted) {
        var handlers = wanted.get(0).handlers();
        var together =
                wanted.stream().filter(w -> w.handlers().equals(handlers)).toList();
        var rows = new Rows();
        database.list(
                "SELECT * FROM claim_jobs_by_id(?, ?, ?)",
                rows::add,
                array("uuid", together.stream().map(Wanted::id).toList()),
                array("text", together.stream().map(Wanted::worker).toList()),
                array("text", List.copyOf(handlers)));
        return wanted.stream()
                .map(w -> w.handlers().equals(handlers) ? rows.take(w) : null)
                .toList();
    }

    /** What a statement has claimed. Each row is handed out once, even if its worker has named the job twice. */
    private static final class Rows {
        private final Map<UUID, ClaimedRow> rows = new HashMap<>();

        ClaimedRow add(ResultSet row) throws SQLException {
            return rows.put(row.getObject("id", UUID.class), ClaimedRow.of(row));
        }

        Optional<ClaimedRow> take(Wanted wanted) {
            var row = rows.get(wanted.id());
            return row != null && row.worker().equals(wanted.worker())
                    ? Optional.of(rows.remove(wanted.id()))
                    : Optional.empty();
        }
    }

    /** @param result JSON text, or null */
    record Finished(UUID id, int version, String result) {
        int size() {
            return result == null ? 0 : result.length();
        }
    }

    /** @param wait for rows that somebody has locked */
    List<Boolean> complete(List<Finished> jobs, boolean wait) {
        var done = new HashSet<>(database.list(
                "SELECT complete_jobs(?, ?, ?, ?)",
                row -> row.getObject(1, UUID.class),
                array("uuid", jobs.stream().map(Finished::id).toList()),
                array("int4", jobs.stream().map(Finished::version).toList()),
                array("jsonb", jobs.stream().map(Finished::result).toList()),
                wait));
        return jobs.stream().map(job -> done.contains(job.id()) ? true : null).toList();
    }

    /** Ends one job and begins the next. */
    record Turn(Finished finished, Wanted wanted) {}

    /** @param next the claim of the other job; empty also when the first one was not completed, as it is not asked for then */
    record Turned(boolean completed, Optional<ClaimedRow> next) {}

    /**
     * Completes and, as far as that is done, claims, in one commit.
     *
     * @param wait for rows to complete that somebody has locked
     */
    List<Turned> turn(List<Turn> turns, boolean wait) {
        var handlers = turns.get(0).wanted().handlers();
        var together = turns.stream()
                .filter(t -> t.wanted().handlers().equals(handlers))
                .toList();
        var done = new HashSet<UUID>();
        var rows = new Rows();
        var ended = array("uuid", together.stream().map(t -> t.finished().id()).toList());
        database.list(
                """
                WITH done AS MATERIALIZED (SELECT c.id FROM complete_jobs(?, ?, ?, ?) AS c(id)),
                next AS MATERIALIZED (SELECT n.id, n.worker FROM unnest(?, ?, ?) AS n(ended, id, worker)
                                      WHERE n.ended IN (SELECT id FROM done))
                SELECT done.id AS done, (NULL::pipeline_jobs).* FROM done
                UNION ALL
                SELECT NULL, claimed.* FROM claim_jobs_by_id(
                    ARRAY(SELECT id FROM next), ARRAY(SELECT worker FROM next), ?) AS claimed""",
                row -> {
                    var id = row.getObject("done", UUID.class);
                    return id == null ? rows.add(row) : done.add(id);
                },
                ended,
                array("int4", together.stream().map(t -> t.finished().version()).toList()),
                array("jsonb", together.stream().map(t -> t.finished().result()).toList()),
                wait,
                ended,
                array("uuid", together.stream().map(t -> t.wanted().id()).toList()),
                array("text", together.stream().map(t -> t.wanted().worker()).toList()),
                array("text", List.copyOf(handlers)));
        return turns.stream()
                .map(t -> done.contains(t.finished().id()) ? new Turned(true, rows.take(t.wanted())) : null)
                .toList();
    }

    record Failed(UUID id, int version, String code, String error, boolean permanent, Duration retryIn) {}

    /** @param wait for rows that somebody has locked */
    List<Optional<JobStore.AfterFailure>> fail(List<Failed> jobs, boolean wait) {
        var left = new HashMap<UUID, JobStore.AfterFailure>();
        database.list(
                "SELECT * FROM fail_jobs(?, ?, ?, ?, ?, ?, ?)",
                row -> left.put(
                        row.getObject("job_id", UUID.class),
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
        return jobs.stream()
                .map(job -> left.containsKey(job.id()) ? Optional.of(left.get(job.id())) : null)
                .toList();
    }
}
