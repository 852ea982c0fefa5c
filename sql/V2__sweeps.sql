-- What the sweeps look for. Runs once through Flyway, or any number of times through psql.

-- The order in which jobs are claimed, made total by the id, so that it can be read in pages. By handler first: whoever has
-- none of a backlog's handlers must not read the backlog to learn that.
CREATE INDEX IF NOT EXISTS pipeline_jobs_due ON pipeline_jobs (queue, handler, run_after, id)
    WHERE status IN ('queued', 'retrying');
DROP INDEX IF EXISTS pipeline_jobs_claimable;

-- When a sweep that the processes share is due again, so that many processes sweep no more often than one.
CREATE TABLE IF NOT EXISTS pipeline_sweeps (
    name   text PRIMARY KEY,
    due_at timestamptz NOT NULL
);

-- The jobs that ended, the oldest first.
CREATE INDEX IF NOT EXISTS pipeline_jobs_finished ON pipeline_jobs (finished_at, id) WHERE finished_at IS NOT NULL;
