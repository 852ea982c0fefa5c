package io.jobtrail.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.jobtrail.config.Json;
import io.jobtrail.job.Claim;
import io.jobtrail.job.Job;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;

/** A job as a claim found it in the table, its payload not read yet: whoever runs it does that. */
record ClaimedRow(
        UUID id,
        String queue,
        String realm,
        String handler,
        int attempt,
        int maxAttempts,
        String payload,
        String worker,
        int version,
        UUID document,
        int timeoutSec,
        String traceparent) {
    private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

    static ClaimedRow of(ResultSet row) throws SQLException {
        return new ClaimedRow(
                row.getObject("id", UUID.class),
                row.getString("queue"),
                row.getString("realm"),
                row.getString("handler"),
                row.getInt("attempt"),
                row.getInt("max_attempts"),
                row.getString("payload"),
                row.getString("locked_by"),
                row.getInt("version"),
                row.getObject("document_id", UUID.class),
                row.getInt("timeout_sec"),
                row.getString("traceparent"));
    }

    /** @throws IllegalStateException when the payload cannot be read */
    Claim toClaim() {
        return claim(Json.readStored(payload, OBJECT));
    }

    /** For those who only say which job it is. */
    Claim withoutInput() {
        return claim(Map.of());
    }

    private Claim claim(Map<String, Object> input) {
        return new Claim(
                new Job(id, queue, realm, handler, attempt, maxAttempts, input),
                worker,
                version,
                document,
                Duration.ofSeconds(timeoutSec),
                traceparent);
    }
}
