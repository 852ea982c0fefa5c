-- Which jobs changed, for those who wait for them. Runs once through Flyway, or any number of times through psql.

-- One row for each statement that changes states, not for each job: an index on the trail itself would cost every event an
-- entry. Kept for an hour; nothing rests on it but how soon somebody hears of a change (see R__8_changes.sql).
CREATE TABLE IF NOT EXISTS pipeline_changes (
    id      bigint GENERATED ALWAYS AS IDENTITY,        -- of two changes of one job the later has the larger
    xid     xid8 NOT NULL DEFAULT pg_current_xact_id(),
    job_ids uuid[] NOT NULL,
    seqs    integer[] NOT NULL                          -- of the events; 0 = the job was hidden, shown or purged, which is none
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
CREATE INDEX IF NOT EXISTS pipeline_changes_xid ON pipeline_changes (xid);

-- What was visible at a time, so that it is known what has been visible for long.
CREATE TABLE IF NOT EXISTS pipeline_change_marks (
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen    pg_snapshot NOT NULL DEFAULT pg_current_snapshot(),
    trimmed boolean NOT NULL DEFAULT false              -- changes that it sees are not kept any more
);
