package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import io.jobtrail.config.Json;
import io.jobtrail.job.Claim;
import io.jobtrail.job.JobState;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * How claims are kept alive, and taken from holders that are not heard of any more. The rules are those of
 * {@code sql/R__2_transitions.sql}; how a holder ends its claim is told in {@link JobStore}.
 */
public final class Leases {
    private final Database database;

    public Leases(Database database) {
        this.database = database;
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
                -- One by one, also with a plan that was made when there were no jobs.
                CROSS JOIN LATERAL (SELECT * FROM pipeline_jobs WHERE id = held.id LIMIT 1) j
                WHERE j.status = 'running' AND j.version = held.version""",
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
}
