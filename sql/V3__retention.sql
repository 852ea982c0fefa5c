-- How long jobs that ended are kept. Runs once through Flyway, or any number of times through psql.

-- At most one row, none = for ever. Written through set_retention() by the owner only: the processes may purge what this allows.
CREATE TABLE IF NOT EXISTS pipeline_retention (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    days       integer NOT NULL CHECK (days BETWEEN 1 AND 36500),
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT 'db:' || session_user
);
