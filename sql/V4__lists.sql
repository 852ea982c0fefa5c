-- What lists and counts of jobs read. Runs once through Flyway, or any number of times through psql.
-- Building an index lets nobody write to the table meanwhile. Where there are many millions of jobs, create these two
-- beforehand with CREATE INDEX CONCURRENTLY: what is there already is left as it is.

-- The jobs of one kind, the newest last. Every change of state writes here, so it serves as much as it can: lists by any of
-- these columns (see pipeline_job_counts for those that are not given), and by state alone the jobs that run.
CREATE INDEX IF NOT EXISTS pipeline_jobs_kind ON pipeline_jobs (status, queue, realm, handler, id);
-- The same for those with an error code, which are few: it costs the others nothing.
CREATE INDEX IF NOT EXISTS pipeline_jobs_errors ON pipeline_jobs (status, error_code, queue, realm, handler, id)
    WHERE error_code IS NOT NULL;

-- How many jobs there are of each kind that are not hidden: the sum over its rows. Every statement that changes jobs
-- appends what it changed, so that writers wait for nobody and each snapshot has its exact sums; fold_job_counts() keeps it short.
CREATE TABLE IF NOT EXISTS pipeline_job_counts (
    status  text NOT NULL,
    queue   text NOT NULL,
    realm   text NOT NULL,
    handler text NOT NULL,
    jobs    bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
