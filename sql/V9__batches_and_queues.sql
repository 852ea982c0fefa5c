-- Jobs that were sent together, and why a queue is paused. Runs once through Flyway, or any number of times through psql.
-- Building an index lets nobody write to the table meanwhile. Where there are many millions of jobs, create it beforehand with
-- CREATE INDEX CONCURRENTLY: what is there already is left as it is.

DO $$ BEGIN
    -- As CREATE INDEX CONCURRENTLY leaves it when it is broken off.
    IF EXISTS (SELECT FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass('pipeline_jobs_batch')::oid) THEN
        RAISE EXCEPTION 'pipeline_jobs_batch is invalid: drop it, create it again, then migrate';
    END IF;
END $$;
-- The jobs of a batch in the order in which they were sent. It costs a job that belongs to none nothing.
CREATE INDEX IF NOT EXISTS pipeline_jobs_batch ON pipeline_jobs (batch_id, id) WHERE batch_id IS NOT NULL;

ALTER TABLE pipeline_queues ADD COLUMN IF NOT EXISTS reason text;
