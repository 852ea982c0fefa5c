package io.jobtrail.bench.storm.ledger;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.config.Json;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What the database says in the end: {@code database.jsonl}, the jobs, their events, what {@code verify_trail()} finds wrong,
 * and the hints left in Redis. Read with plain SQL, so that nothing of the system under test stands in between.
 */
public final class DatabaseLedger {
    public static final String FILE = "database.jsonl";

    private static final TypeReference<JsonNode> NODE = new TypeReference<>() {};

    /**
     * @param n number of its submission, as its input or its options say; null when they say none
     * @param key its idempotency key; null when it has none
     */
    public record Job(
            UUID id,
            Integer n,
            String key,
            JobState status,
            int version,
            int attempt,
            int maxAttempts,
            String errorCode,
            JsonNode result) {}

    /**
     * @param previousState null for the first event
     * @param lostBy the worker that a job was taken from; null in all other events
     * @param at epoch microseconds by the database's clock
     */
    public record Event(
            UUID job,
            int seq,
            JobState previousState,
            JobState newState,
            int attempt,
            String actor,
            String reason,
            String lostBy,
            long at) {}

    /** A row of {@code verify_trail()}. */
    public record TrailProblem(UUID job, Integer seq, String problem) {}

    /** An id that stands in a list of Redis. */
    public record Hint(String queue, UUID job) {}

    /** One line: exactly one of these is there. */
    public record Entry(Job job, Event event, TrailProblem trailProblem, Hint hint) {}

    private DatabaseLedger() {}

    /**
     * Writes the whole state, in place of what was written before.
     *
     * @param owner a connection that may read everything
     * @param hints the ids in the lists of Redis; empty when there is no Redis
     */
    public static void write(Connection owner, Map<QueueName, ? extends Collection<UUID>> hints, Path directory)
            throws SQLException, IOException {
        Files.deleteIfExists(directory.resolve(FILE));
        try (var lines = new JsonLines(directory.resolve(FILE))) {
            Database.list(owner, """
                            SELECT id, coalesce(payload->'input'->>'n', payload->'options'->>'n')::int AS n, idempotency_key, status, version, attempt, max_attempts, error_code, result
                            FROM pipeline_jobs ORDER BY id""", DatabaseLedger::job)
                    .forEach(job -> lines.append(new Entry(job, null, null, null)));
            Database.list(owner, """
                            SELECT job_id, seq, previous_state, new_state, attempt, actor, reason, metadata->>'lost_by' AS lost_by,
                                   (extract(epoch FROM at) * 1000000)::bigint AS micros
                            FROM pipeline_job_events WHERE job_id <> '00000000-0000-0000-0000-000000000000'
                            ORDER BY job_id, seq""", DatabaseLedger::event)
                    .forEach(event -> lines.append(new Entry(null, event, null, null)));
            Database.list(
                            owner,
                            "SELECT job_id, seq, problem FROM verify_trail()",
                            row -> new TrailProblem(
                                    row.getObject("job_id", UUID.class),
                                    row.getObject("seq", Integer.class),
                                    row.getString("problem")))
                    .forEach(problem -> lines.append(new Entry(null, null, problem, null)));
            hints.forEach((queue, ids) ->
                    ids.forEach(id -> lines.append(new Entry(null, null, null, new Hint(queue.wireName(), id)))));
        }
    }

    static List<Entry> read(Path directory) {
        return JsonLines.read(directory.resolve(FILE), Entry.class);
    }

    private static Job job(ResultSet row) throws SQLException {
        return new Job(
                row.getObject("id", UUID.class),
                row.getObject("n", Integer.class),
                row.getString("idempotency_key"),
                JobState.of(row.getString("status")),
                row.getInt("version"),
                row.getInt("attempt"),
                row.getInt("max_attempts"),
                row.getString("error_code"),
                Json.readStored(row.getString("result"), NODE));
    }

    private static Event event(ResultSet row) throws SQLException {
        var previous = row.getString("previous_state");
        return new Event(
                row.getObject("job_id", UUID.class),
                row.getInt("seq"),
                previous == null ? null : JobState.of(previous),
                JobState.of(row.getString("new_state")),
                row.getInt("attempt"),
                row.getString("actor"),
                row.getString("reason"),
                row.getString("lost_by"),
                row.getLong("micros"));
    }
}
