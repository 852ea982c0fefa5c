package io.jobtrail.bench.scale;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Makes a table of many jobs with their trails, set by set: the triggers are off meanwhile, but the hashes are the real ones.
 * The same number makes the same mix each time. Measures nothing.
 */
final class Fill {
    static final String RARE_REALM = "rare-realm";
    static final String RARE_HANDLER = "rare_handler";
    static final String RARE_CODE = "RARE_CODE";

    private static final int CHUNK = 50_000;
    private static final int DAYS = 90;

    private final Connection connection;

    Fill(Connection owner) {
        connection = owner;
    }

    /**
     * Jobs made at an even pace over the last ninety days, the first of them long ago. Most are finished; 3 % failed, 1 % cancelled, 0.2 %
     * retry later, 0.02 % wait for a person, 0.01 % run. Of 40 realms one has half of all and more; ten jobs are of a realm, a handler or an
     * error code of their own.
     */
    void history(int jobs) throws SQLException {
        triggers("DISABLE");
        for (int from = 0; from < jobs; from += CHUNK) {
            chunk(from, Math.min(from + CHUNK, jobs), jobs);
        }
        triggers("ENABLE");
        execute("SELECT recount_jobs()");
        execute("SELECT fold_job_counts()");
        execute("VACUUM ANALYZE");
    }

    /** Jobs that have just been submitted and are due, by the function that accepts jobs. */
    void backlog(int jobs) throws SQLException {
        for (int i = 0; i < jobs; i += 1_000) {
            execute("""
                    SELECT count(*) FROM enqueue_jobs((SELECT jsonb_agg(jsonb_build_object('id', uuid_v7(), 'queue', 'default', 'handler',
                        'process_document', 'realm', 'realm-' || (n %% 40), 'actor', 'bench', 'payload', jsonb_build_object(
                        'filename', 'backlog ' || n || '.pdf', 'input', repeat('x', 180)))) FROM generate_series(1, %d) n))""".formatted(Math.min(1_000, jobs - i)));
        }
        execute("VACUUM ANALYZE pipeline_jobs");
    }

    private void chunk(int from, int to, int jobs) throws SQLException {
        execute(
                """
                CREATE TEMP TABLE made ON COMMIT DROP AS
                SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
                           PLACING substring(int8send((extract(epoch FROM made_at) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid AS id,
                       CASE WHEN n %% 20 = 7 THEN 'slow' WHEN n %% 7 = 3 THEN 'urgent' ELSE 'default' END AS queue,
                       CASE WHEN n %% (%3$d / 10) = 11 THEN '%4$s' WHEN n %% 2 = 0 THEN 'realm-0' ELSE 'realm-' || n / 2 %% 40 END AS realm,
                       CASE WHEN n %% (%3$d / 10) = 13 THEN '%5$s' WHEN n %% 11 = 5 THEN 'transcribe' ELSE 'process_document' END AS handler,
                       CASE WHEN n %% 100 IN (17, 57, 97) THEN 'failed' WHEN n %% 100 = 31 THEN 'cancelled' WHEN n %% 500 = 43 THEN 'retrying'
                            WHEN n %% 5000 = 69 THEN 'awaiting_input' WHEN n %% 10000 = 89 THEN 'running' ELSE 'finished' END AS status,
                       CASE WHEN n %% (%3$d / 10) = 17 THEN '%6$s' ELSE (ARRAY['ENCRYPTED', 'NO_TEXT', 'TIMEOUT', 'HEARTBEAT_TIMEOUT'])[n / 100 %% 4 + 1] END AS code,
                       made_at, 'scan ' || n || '.pdf' AS filename
                FROM (SELECT n, date_trunc('milliseconds', now() - %7$d * interval '1 day' * (1 - n::float / %3$d)) AS made_at
                      FROM generate_series(%1$d, %2$d - 1) n) g""".formatted(from, to, jobs, RARE_REALM, RARE_HANDLER, RARE_CODE, DAYS),
                """
                CREATE TEMP TABLE steps ON COMMIT DROP AS
                SELECT m.id, s.* FROM made m CROSS JOIN LATERAL (VALUES
                    (1, NULL, 'queued', 0, 'bench', 'SUBMITTED', made_at),
                    (2, 'queued', 'running', 1, 'worker:host:1-0', 'CLAIMED', made_at + interval '1 second'),
                    (3, 'running', status, 1, 'worker:host:1-0', CASE status WHEN 'finished' THEN 'COMPLETED'
                        WHEN 'cancelled' THEN 'CANCELLED' WHEN 'awaiting_input' THEN 'ASKED' ELSE code END, made_at + interval '5 seconds')
                    ) s(seq, previous_state, new_state, attempt, actor, reason, at)
                WHERE s.seq < 3 OR status <> 'running'""",
                """
                INSERT INTO pipeline_jobs (id, queue, realm, handler, status, version, attempt, run_after, timeout_sec, payload, result, error,
                    error_code, progress, locked_by, last_heartbeat_at, actor, reason, created_at, updated_at, started_at, finished_at)
                SELECT id, queue, realm, handler, status, CASE WHEN status = 'running' THEN 2 ELSE 3 END, 1,
                    CASE WHEN status = 'retrying' THEN now() + interval '1 day' ELSE made_at END, 3600,
                    jsonb_build_object('filename', filename, 'size', 123456, 'content_type', 'application/pdf',
                        'sha256', encode(sha256(filename::bytea), 'hex'), 'options', jsonb_build_object()),
                    CASE WHEN status = 'finished' THEN jsonb_build_object('chunks', 12, 'embeddings', 12, 'duration_sec', 4.2, 'summary', repeat('word ', 20)) END,
                    CASE WHEN status IN ('failed', 'retrying') THEN 'the file could not be read: ' || code END,
                    CASE WHEN status IN ('failed', 'retrying') THEN code END, CASE WHEN status = 'finished' THEN 1 END,
                    CASE WHEN status = 'running' THEN 'host:1-0' END, CASE WHEN status = 'running' THEN now() + interval '1 day' END,
                    'worker:host:1-0', 'COMPLETED', made_at, made_at + interval '5 seconds', made_at + interval '1 second',
                    CASE WHEN status IN ('finished', 'failed', 'cancelled') THEN made_at + interval '5 seconds' END
                FROM made ORDER BY id""",
                event(1),
                event(2),
                event(3));
    }

    private static String event(int seq) {
        return """
                INSERT INTO pipeline_job_events
                SELECT s.id, s.seq, s.previous_state, s.new_state, s.attempt, s.actor, s.reason, NULL, s.at,
                       trail_hash(p.hash, s.id, s.seq, s.previous_state, s.new_state, s.attempt, s.actor, s.reason, NULL, s.at)
                FROM steps s LEFT JOIN pipeline_job_events p ON p.job_id = s.id AND p.seq = s.seq - 1
                WHERE s.seq = %d""".formatted(seq);
    }

    private void triggers(String enable) throws SQLException {
        execute("ALTER TABLE pipeline_jobs " + enable + " TRIGGER USER");
    }

    /** Several in one transaction; one alone, because some cannot be in any. */
    private void execute(String... statements) throws SQLException {
        connection.setAutoCommit(statements.length == 1);
        try (var statement = connection.createStatement()) {
            for (var sql : statements) {
                statement.execute(sql);
            }
            if (statements.length > 1) {
                connection.commit();
            }
        } finally {
            connection.setAutoCommit(true);
        }
    }
}
