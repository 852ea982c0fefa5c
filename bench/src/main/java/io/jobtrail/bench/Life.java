package io.jobtrail.bench;

import io.jobtrail.config.Json;
import io.jobtrail.job.JobIds;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** The three statements of a job's life, so many jobs to a statement and a commit each. Measures nothing. */
public final class Life {
    private final Connection connection;
    private final int batch;

    public Life(Connection connection, int batch) {
        this.connection = connection;
        this.batch = batch;
    }

    public void live() throws SQLException {
        var ids = Stream.generate(JobIds::next).limit(batch).toList();
        try (var enqueue = connection.prepareStatement("SELECT count(*) FROM enqueue_jobs(?::jsonb)")) {
            enqueue.setString(1, Json.forDatabase(ids.stream().map(Life::job).toList()));
            enqueue.executeQuery().close();
        }
        try (var claim =
                connection.prepareStatement("SELECT count(*) FROM claim_jobs_by_id(?, ?, '{process_document}')")) {
            claim.setArray(1, array("uuid", ids));
            claim.setArray(2, array("text", Collections.nCopies(batch, "host:1234-0")));
            claim.executeQuery().close();
        }
        try (var complete = connection.prepareStatement("SELECT count(*) FROM complete_jobs(?, ?, ?)")) {
            complete.setArray(1, array("uuid", ids));
            complete.setArray(2, array("int4", Collections.nCopies(batch, 2)));
            complete.setArray(3, array("jsonb", Collections.nCopies(batch, "{\"ok\":true}")));
            complete.executeQuery().close();
        }
    }

    private static Map<String, Object> job(UUID id) {
        return Map.of(
                "id",
                id,
                "queue",
                "default",
                "handler",
                "process_document",
                "payload",
                Map.of("input", Map.of("text", "x".repeat(180))),
                "actor",
                "bench");
    }

    private Array array(String type, List<?> elements) throws SQLException {
        return connection.createArrayOf(type, elements.toArray());
    }
}
