-- Indexes that cost every job a write and that others can stand in for. Runs once through Flyway, or any number of times
-- through psql. A script of its own, because it wants a stronger lock than those before it.

-- pipeline_jobs_kind has the running jobs together as well.
DO $$ BEGIN
    -- As CREATE INDEX CONCURRENTLY leaves it when it is broken off.
    IF EXISTS (SELECT FROM pg_index WHERE NOT indisvalid AND indexrelid IN
               (to_regclass('pipeline_jobs_kind')::oid, to_regclass('pipeline_jobs_errors')::oid)) THEN
        RAISE EXCEPTION 'pipeline_jobs_kind or pipeline_jobs_errors is invalid: drop it, create it again, then migrate';
    END IF;
END $$;
DROP INDEX IF EXISTS pipeline_jobs_running;
-- Ids sort by the time at which jobs were made, and no job ended before that: whoever looks for old ones walks the primary key.
DROP INDEX IF EXISTS pipeline_jobs_finished;

-- A heartbeat needs room for one more version of its job beside it, to be a HOT update; 15 % of a page are enough for that.
ALTER TABLE pipeline_jobs SET (fillfactor = 85);
