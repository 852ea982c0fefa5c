-- How many jobs there are of each kind, kept right in every snapshot whoever changes them. Recreated whole.

DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
             AND proname IN ('fold_job_counts', 'recount_jobs')
    LOOP EXECUTE 'DROP FUNCTION ' || f; END LOOP;
END $$;

CREATE OR REPLACE FUNCTION pipeline_jobs_count_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO pipeline_job_counts (status, queue, realm, handler, jobs)
    SELECT status, queue, realm, handler, count(*) FROM new_rows WHERE deleted_at IS NULL GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;

-- Nothing for a heartbeat, since it takes away what it adds.
CREATE OR REPLACE FUNCTION pipeline_jobs_count_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO pipeline_job_counts (status, queue, realm, handler, jobs)
    SELECT status, queue, realm, handler, sum(n) FROM (
        SELECT status, queue, realm, handler, 1 AS n FROM new_rows WHERE deleted_at IS NULL
        UNION ALL
        SELECT status, queue, realm, handler, -1 FROM old_rows WHERE deleted_at IS NULL) x
    GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION pipeline_jobs_count_delete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO pipeline_job_counts (status, queue, realm, handler, jobs)
    SELECT status, queue, realm, handler, -count(*) FROM old_rows WHERE deleted_at IS NULL GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER pipeline_jobs_7_count_insert AFTER INSERT ON pipeline_jobs
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION pipeline_jobs_count_insert();
CREATE OR REPLACE TRIGGER pipeline_jobs_8_count_update AFTER UPDATE ON pipeline_jobs
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION pipeline_jobs_count_update();
CREATE OR REPLACE TRIGGER pipeline_jobs_9_count_delete AFTER DELETE ON pipeline_jobs
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION pipeline_jobs_count_delete();

-- Puts the rows of a kind together into one. Readers see the rows or their sum; of two that fold at once, each takes what the
-- other has not. Answers how many rows that saved.
CREATE FUNCTION fold_job_counts() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    WITH many AS MATERIALIZED (
        SELECT status, queue, realm, handler FROM pipeline_job_counts GROUP BY 1, 2, 3, 4 HAVING count(*) > 1 OR sum(jobs) = 0
    ), taken AS (
        DELETE FROM pipeline_job_counts c USING many m
        WHERE (c.status, c.queue, c.realm, c.handler) = (m.status, m.queue, m.realm, m.handler)
        RETURNING c.*
    ), put AS (
        INSERT INTO pipeline_job_counts (status, queue, realm, handler, jobs)
        SELECT status, queue, realm, handler, sum(jobs) FROM taken GROUP BY 1, 2, 3, 4 HAVING sum(jobs) <> 0
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM taken) - (SELECT count(*) FROM put)
$$;

-- Counts the jobs themselves and puts right what the sums say otherwise, for the owner who has gone around the triggers.
-- Locks nobody out: both are read in one snapshot, and what others change meanwhile changes both alike.
CREATE FUNCTION recount_jobs() RETURNS TABLE (status text, queue text, realm text, handler text, corrected_by bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('jobtrail.recount'));    -- or two would correct the same twice
    RETURN QUERY
    INSERT INTO pipeline_job_counts AS c (status, queue, realm, handler, jobs)
    SELECT status, queue, realm, handler, sum(n) FROM (
        SELECT status, queue, realm, handler, count(*) AS n FROM pipeline_jobs WHERE deleted_at IS NULL GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT status, queue, realm, handler, -sum(jobs) FROM pipeline_job_counts GROUP BY 1, 2, 3, 4) x
    GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0
    RETURNING c.*;
END $$;

-- These write with the owner's rights, see R__1_trail.sql. Folding changes no sum, so the processes may do it.
DO $$ DECLARE f regprocedure; BEGIN
    FOREACH f IN ARRAY '{pipeline_jobs_count_insert(),pipeline_jobs_count_update(),pipeline_jobs_count_delete(),
        fold_job_counts(),recount_jobs()}'::regprocedure[] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', f, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jobtrail_runtime') AND pg_has_role('jobtrail_runtime', 'MEMBER') THEN
        GRANT SELECT ON pipeline_job_counts TO jobtrail_runtime;
        GRANT EXECUTE ON FUNCTION fold_job_counts TO jobtrail_runtime;
    END IF;
END $$;
