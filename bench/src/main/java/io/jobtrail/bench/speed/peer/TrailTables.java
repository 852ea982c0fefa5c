package io.jobtrail.bench.speed.peer;

import io.jobtrail.bench.speed.tally.SpeedHandler;
import io.jobtrail.config.Json;
import io.jobtrail.store.Schema;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The tables of Jobtrail, for those who work on them: made, filled, and checked at the end. */
final class TrailTables {
    private static final int BATCH = 5_000;
    private static final int SAMPLE = 2_000;

    private TrailTables() {}

    static void create(Backends template) throws SQLException {
        Schema.migrate(template.database());
        try (var owner = template.connect();
                var statement = owner.createStatement()) {
            statement.execute("INSERT INTO pipeline_handlers (name) VALUES ('" + SpeedHandler.NAME + "')");
        }
    }

    /** What {@code enqueue_jobs} takes for one job. */
    static Map<String, Object> submission(UUID id, Map<String, Object> payload) {
        return Map.of(
                "id",
                id,
                "queue",
                "default",
                "realm",
                "default",
                "handler",
                SpeedHandler.NAME,
                "payload",
                Map.of("input", payload),
                "max_attempts",
                5,
                "actor",
                "bench");
    }

    static void enqueue(Connection connection, List<Map<String, Object>> submissions) throws SQLException {
        try (var enqueue = connection.prepareStatement("SELECT count(*) FROM enqueue_jobs(?::jsonb)")) {
            for (int from = 0; from < submissions.size(); from += BATCH) {
                enqueue.setString(
                        1, Json.forDatabase(submissions.subList(from, Math.min(from + BATCH, submissions.size()))));
                enqueue.executeQuery().close();
            }
        }
    }

    /** Every job finished, and the trail of a sample sound. */
    static void verify(Backends backends, long jobs) throws SQLException {
        try (var owner = backends.connect();
                var statement = owner.createStatement()) {
            var states = new ArrayList<String>();
            try (var rows = statement.executeQuery(
                    "SELECT status || '=' || count(*) FROM pipeline_jobs GROUP BY status ORDER BY status")) {
                while (rows.next()) {
                    states.add(rows.getString(1));
                }
            }
            if (!states.equals(List.of("finished=" + jobs))) {
                throw new IllegalStateException(jobs + " jobs should be finished, but the table says " + states);
            }
            try (var rows = statement.executeQuery(
                    "SELECT p.problem FROM (SELECT id FROM pipeline_jobs ORDER BY random() LIMIT " + SAMPLE
                            + ") s, verify_trail(s.id) p")) {
                if (rows.next()) {
                    throw new IllegalStateException("the trail is not sound: " + rows.getString(1));
                }
            }
        }
    }
}
