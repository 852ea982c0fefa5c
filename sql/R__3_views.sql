-- What people ask the database in an incident. Recreated whole; reads only.

DROP VIEW IF EXISTS dead_letter_jobs, job_queue_stats, running_jobs_monitor, job_timing_stats, stage_distribution,
    job_attempts, job_results, stuck_jobs;

CREATE VIEW dead_letter_jobs AS
SELECT id, queue, realm, handler, attempt, max_attempts, error_code, error, payload, idempotency_key, created_at, started_at,
       finished_at
FROM pipeline_jobs WHERE status = 'failed' AND deleted_at IS NULL;

CREATE VIEW job_queue_stats AS
SELECT queue, status, count(*) AS count, round(avg(attempt), 2) AS avg_attempts, min(created_at) AS oldest, max(created_at) AS newest
FROM pipeline_jobs GROUP BY queue, status;

CREATE VIEW running_jobs_monitor AS
SELECT id, queue, realm, handler, stage, progress, attempt, max_attempts, locked_by, started_at, last_heartbeat_at,
       extract(epoch FROM clock_timestamp() - started_at) AS running_seconds,
       extract(epoch FROM clock_timestamp() - last_heartbeat_at) AS heartbeat_age_seconds,
       cancel_requested, coalesce(payload->>'filename', payload->>'source') AS source
FROM pipeline_jobs WHERE status = 'running';

-- Seconds of the newest attempt, of jobs that ended within the last seven days.
CREATE VIEW job_timing_stats AS
SELECT handler, queue, status, count(*) AS count, avg(s.seconds) AS avg_seconds, min(s.seconds) AS min_seconds,
       max(s.seconds) AS max_seconds,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY s.seconds) AS p50_seconds,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY s.seconds) AS p95_seconds
FROM pipeline_jobs CROSS JOIN LATERAL (SELECT extract(epoch FROM finished_at - started_at)::double precision AS seconds) s
WHERE finished_at > now() - interval '7 days' AND started_at IS NOT NULL
GROUP BY handler, queue, status;

-- Where attempts are, and where the last ones ended. What a finished job reported last says nothing.
CREATE VIEW stage_distribution AS
SELECT stage, status, count(*) AS count FROM pipeline_jobs WHERE stage IS NOT NULL AND status <> 'finished' GROUP BY stage, status;

-- One row for every attempt that was ever started, read from the trail: who ran it, and how it ended.
CREATE VIEW job_attempts AS
SELECT s.job_id, s.attempt, s.seq AS version, substr(s.actor, length('worker:') + 1) AS worker, s.at AS started_at, e.at AS ended_at,
       e.new_state AS outcome, e.reason, extract(epoch FROM e.at - s.at) AS seconds
FROM pipeline_job_events s LEFT JOIN pipeline_job_events e ON e.job_id = s.job_id AND e.seq = s.seq + 1
WHERE s.new_state = 'running';

CREATE VIEW job_results AS
SELECT id AS job_id, handler, status, result, error, error_code,
       round(extract(epoch FROM finished_at - started_at) * 1000)::bigint AS processing_time_ms, finished_at
FROM pipeline_jobs WHERE status IN ('finished', 'failed', 'cancelled');

-- What somebody should look at: running without a sign of life, or due for more than an hour.
CREATE VIEW stuck_jobs AS
SELECT id, queue, handler, status, locked_by, last_heartbeat_at, run_after,
       CASE WHEN status = 'running' THEN 'no heartbeat for ' || date_trunc('second', clock_timestamp() - last_heartbeat_at)
            ELSE 'due for ' || date_trunc('second', clock_timestamp() - run_after) END AS why
FROM pipeline_jobs
WHERE status = 'running' AND last_heartbeat_at < clock_timestamp() - interval '60 seconds'
   OR status IN ('queued', 'retrying') AND run_after < clock_timestamp() - interval '1 hour';

-- Here as well as with the role: Flyway runs a changed file alone, and new views come without the rights of the old ones.
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jobtrail_runtime') AND pg_has_role('jobtrail_runtime', 'MEMBER') THEN
        GRANT SELECT ON dead_letter_jobs, job_queue_stats, running_jobs_monitor, job_timing_stats, stage_distribution,
            job_attempts, job_results, stuck_jobs TO jobtrail_runtime;
    END IF;
END $$;
