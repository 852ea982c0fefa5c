-- The state machine and its trail: which transitions exist, and one event for each of them, whoever makes it.
-- Recreated whole. Must not know who calls: workers, people and hand-written SQL all pass here.

DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
             AND proname IN ('trail_hash', 'verify_trail')
    LOOP EXECUTE 'DROP FUNCTION ' || f; END LOOP;
END $$;

-- sha256(previous hash ‖ binary form of the row). The binary form is PostgreSQL's own (record_send): number of
-- fields, then for each its type, its length in bytes (-1 for NULL) and its bytes; times are microseconds. It is the
-- same on every version and under every TimeZone, and costs half of what a text form built field by field does.
CREATE FUNCTION trail_hash(p_previous_hash bytea, p_job uuid, p_seq integer, p_previous_state text, p_new_state text,
    p_attempt integer, p_actor text, p_reason text, p_metadata jsonb, p_at timestamptz) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(coalesce(p_previous_hash, ''::bytea) || record_send(ROW(p_job, p_seq, p_previous_state, p_new_state,
        p_attempt, p_actor, p_reason, p_metadata::text, p_at)))
$$;

-- A transition written by hand brings no version: complete it, and name the database user.
CREATE OR REPLACE FUNCTION pipeline_jobs_manual() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.updated_at := clock_timestamp();
    NEW.actor := 'db:' || session_user;
    NEW.reason := 'MANUAL';
    NEW.metadata := NULL;
    NEW.finished_at := CASE WHEN NEW.status IN ('finished', 'failed', 'cancelled') THEN NEW.updated_at END;
    IF NEW.status = 'running' THEN
        NEW.locked_by := coalesce(NEW.locked_by, NEW.actor);
        NEW.started_at := NEW.updated_at;
        NEW.last_heartbeat_at := NEW.updated_at;
        NEW.attempt := OLD.attempt + 1;
    ELSE
        NEW.locked_by := NULL;
    END IF;
    IF NEW.status = 'failed' THEN NEW.error_code := coalesce(NEW.error_code, 'MANUAL'); END IF;
    IF OLD.status IN ('failed', 'cancelled') THEN NEW.cancel_requested := false; END IF;   -- or it would be cancelled again
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION pipeline_jobs_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'a job starts as queued with version 1, not as % with version %', NEW.status, NEW.version
            USING ERRCODE = 'check_violation';
    ELSIF OLD.status <> NEW.status THEN
        RAISE EXCEPTION 'job %: % -> % (version % -> %) is no legal transition', OLD.id, OLD.status, NEW.status,
            OLD.version, NEW.version USING ERRCODE = 'check_violation';
    END IF;
    RAISE EXCEPTION 'job %: id and version belong to the trail and change with the status only', OLD.id
        USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE FUNCTION pipeline_jobs_trail_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    WITH written AS (
        INSERT INTO pipeline_job_events
        SELECT n.id, n.version, NULL, n.status, n.attempt, n.actor, n.reason, n.metadata, n.updated_at,
               trail_hash(NULL, n.id, n.version, NULL, n.status, n.attempt, n.actor, n.reason, n.metadata, n.updated_at)
        FROM new_rows n
        RETURNING job_id, seq
    )
    INSERT INTO pipeline_changes (job_ids, seqs)
    SELECT array_agg(job_id), array_agg(seq)
    FROM (SELECT job_id, seq, row_number() OVER () / 500 AS part FROM written) w GROUP BY part;
    RETURN NULL;
END $$;

-- Its plan is kept, and may have been made when the trail was empty: the event before is found by index all the same.
CREATE OR REPLACE FUNCTION pipeline_jobs_trail_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
SET enable_seqscan = off AS $$
BEGIN
    WITH written AS (
        INSERT INTO pipeline_job_events
        SELECT n.id, n.version, o.status, n.status, n.attempt, n.actor, n.reason, n.metadata, n.updated_at,
               trail_hash(p.hash, n.id, n.version, o.status, n.status, n.attempt, n.actor, n.reason, n.metadata, n.updated_at)
        FROM new_rows n
        JOIN old_rows o ON o.id = n.id
        LEFT JOIN LATERAL (SELECT e.hash FROM pipeline_job_events e WHERE e.job_id = n.id AND e.seq = o.version LIMIT 1) p ON true
        WHERE n.version <> o.version
        RETURNING job_id, seq
    )
    INSERT INTO pipeline_changes (job_ids, seqs)
    SELECT array_agg(job_id), array_agg(seq)
    FROM (SELECT job_id, seq, row_number() OVER () / 500 AS part FROM written) w GROUP BY part;
    RETURN NULL;
END $$;

-- Adds an event to the trail of the system (the nil UUID), which tells what was done to jobs beside their states.
CREATE OR REPLACE FUNCTION append_to_system_trail(p_new_state text, p_actor text, p_reason text, p_metadata jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    system CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    last pipeline_job_events; next pipeline_job_events;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('jobtrail.system_trail'));
    SELECT * INTO last FROM pipeline_job_events WHERE job_id = system ORDER BY seq DESC LIMIT 1;
    next := (system, coalesce(last.seq, 0) + 1, last.new_state, p_new_state, 0, p_actor, p_reason, p_metadata,
        clock_timestamp(), NULL);
    next.hash := trail_hash(last.hash, next.job_id, next.seq, next.previous_state, next.new_state, next.attempt, next.actor,
        next.reason, next.metadata, next.at);
    INSERT INTO pipeline_job_events SELECT next.*;
END $$;

-- Whoever deletes events, purge_jobs or the owner by hand, leaves one in the trail of the system: how many
-- jobs and events, from when to when, by which rule, and a hash over the last hash of each job.
CREATE OR REPLACE FUNCTION pipeline_trail_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    purged_by CONSTANT text := nullif(current_setting('jobtrail.purged_by', true), '');
BEGIN
    IF NOT EXISTS (SELECT FROM gone) THEN RETURN NULL; END IF;
    IF EXISTS (SELECT FROM gone WHERE job_id = '00000000-0000-0000-0000-000000000000') THEN
        RAISE EXCEPTION 'the trail of the system is never deleted' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM append_to_system_trail('purged', coalesce(purged_by, 'db:' || session_user),
        CASE WHEN purged_by IS NULL THEN 'MANUAL' ELSE 'RETENTION' END,
        (SELECT jsonb_strip_nulls(jsonb_build_object('jobs', count(DISTINCT job_id), 'events', count(*), 'first_at', min(at), 'last_at', max(at),
            'rule', nullif(current_setting('jobtrail.purge_rule', true), ''),
            'sha256', (SELECT encode(sha256(string_agg(n.hash, ''::bytea ORDER BY n.job_id)), 'hex')
                       FROM (SELECT DISTINCT ON (job_id) job_id, hash FROM gone ORDER BY job_id, seq DESC) n))) FROM gone));
    INSERT INTO pipeline_changes (job_ids, seqs)
    SELECT array_agg(job_id), array_agg(0)
    FROM (SELECT job_id, row_number() OVER () / 500 AS part FROM (SELECT DISTINCT job_id FROM gone) d) g GROUP BY part;
    RETURN NULL;
END $$;

-- Hiding a job is no change of its state, and its version must stay: it is a worker's fence. So that tells the trail of the system.
CREATE OR REPLACE FUNCTION pipeline_jobs_hidden() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    hidden_by CONSTANT text := nullif(current_setting('jobtrail.hidden_by', true), '');
BEGIN
    PERFORM append_to_system_trail(CASE WHEN NEW.deleted_at IS NULL THEN 'shown' ELSE 'hidden' END,
        coalesce(hidden_by, 'db:' || session_user),
        CASE WHEN hidden_by IS NULL THEN 'MANUAL' ELSE current_setting('jobtrail.hide_reason') END,
        jsonb_build_object('job', NEW.id, 'status', NEW.status));
    INSERT INTO pipeline_changes (job_ids, seqs) VALUES (ARRAY[NEW.id], ARRAY[0]);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER pipeline_jobs_hidden AFTER UPDATE ON pipeline_jobs FOR EACH ROW
    WHEN ((OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)) EXECUTE FUNCTION pipeline_jobs_hidden();

-- These write with the owner's rights. So temporary tables, which everybody may make, must not stand in front of
-- the real ones, and nobody else may hang the functions to a table of his own.
DO $$ DECLARE f regprocedure; BEGIN
    FOREACH f IN ARRAY '{pipeline_jobs_trail_insert(),pipeline_jobs_trail_update(),pipeline_trail_deleted(),
        pipeline_jobs_hidden()}'::regprocedure[] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', f, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
END $$;

-- Conditions of row triggers are evaluated without calling the function, so a legal transition pays for none of these.
CREATE OR REPLACE TRIGGER pipeline_jobs_1_manual BEFORE UPDATE ON pipeline_jobs FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND OLD.version = NEW.version) EXECUTE FUNCTION pipeline_jobs_manual();
CREATE OR REPLACE TRIGGER pipeline_jobs_2_guard BEFORE UPDATE ON pipeline_jobs FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.version <> OLD.version + (OLD.status <> NEW.status)::integer
          OR OLD.status <> NEW.status AND OLD.status || '>' || NEW.status NOT IN (
              'queued>running', 'retrying>running',
              'running>finished', 'running>retrying', 'running>failed', 'running>awaiting_input', 'running>cancelled',
              'running>queued',
              'awaiting_input>queued', 'awaiting_input>cancelled', 'awaiting_input>failed',
              'queued>cancelled', 'retrying>cancelled',
              'failed>queued', 'cancelled>queued'))
    EXECUTE FUNCTION pipeline_jobs_refuse();
CREATE OR REPLACE TRIGGER pipeline_jobs_3_start BEFORE INSERT ON pipeline_jobs FOR EACH ROW
    WHEN (NEW.status <> 'queued' OR NEW.version <> 1) EXECUTE FUNCTION pipeline_jobs_refuse();
CREATE OR REPLACE TRIGGER pipeline_jobs_4_trail_insert AFTER INSERT ON pipeline_jobs
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION pipeline_jobs_trail_insert();
CREATE OR REPLACE TRIGGER pipeline_jobs_5_trail_update AFTER UPDATE ON pipeline_jobs
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION pipeline_jobs_trail_update();

-- Append-only. Deleting takes the rights of the owner, which the run-time role lacks, and the word that it is meant;
-- purge_jobs gives that word.
CREATE OR REPLACE FUNCTION pipeline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('jobtrail.purging', true) = 'on' THEN RETURN NULL; END IF;
    RAISE EXCEPTION '% on % is refused: the trail is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Old jobs leave through purge_jobs().';
END $$;
CREATE OR REPLACE TRIGGER pipeline_job_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pipeline_job_events
    FOR EACH STATEMENT EXECUTE FUNCTION pipeline_append_only();
CREATE OR REPLACE TRIGGER pipeline_job_events_deleted AFTER DELETE ON pipeline_job_events
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION pipeline_trail_deleted();
CREATE OR REPLACE TRIGGER pipeline_jobs_keep BEFORE DELETE OR TRUNCATE ON pipeline_jobs
    FOR EACH STATEMENT EXECUTE FUNCTION pipeline_append_only();

-- Every contradiction found in the trail of one job, or of all; no row means that it is sound.
-- Each event is checked against the stored hash of the one before it, so the first row names what was changed.
CREATE FUNCTION verify_trail(p_job uuid DEFAULT NULL)
RETURNS TABLE (job_id uuid, seq integer, problem text) LANGUAGE sql STABLE AS $$
    WITH chain AS (
        SELECT e.*, lag(e.seq) OVER w AS last_seq, lag(e.hash) OVER w AS last_hash, lag(e.new_state) OVER w AS last_state,
               lead(e.seq) OVER w IS NULL AS newest
        -- As a range, because an index serves it for one job as well as for all, also when the caller joins.
        FROM pipeline_job_events e
        WHERE e.job_id BETWEEN coalesce(p_job, '00000000-0000-0000-0000-000000000000')
                           AND coalesce(p_job, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        WINDOW w AS (PARTITION BY e.job_id ORDER BY e.seq)
    )
    SELECT coalesce(c.job_id, j.id), c.seq, x.problem
    FROM chain c
    FULL JOIN (SELECT id, version, status FROM pipeline_jobs
               WHERE id BETWEEN coalesce(p_job, '00000000-0000-0000-0000-000000000000')
                            AND coalesce(p_job, 'ffffffff-ffff-ffff-ffff-ffffffffffff')) j
        ON j.id = CASE WHEN c.newest THEN c.job_id END
    CROSS JOIN LATERAL (
        SELECT 'the job has no event' AS problem WHERE c.job_id IS NULL
        UNION ALL
        SELECT 'event ' || coalesce(c.last_seq, 0) + 1 || ' is missing' WHERE c.seq <> coalesce(c.last_seq, 0) + 1
        UNION ALL
        SELECT 'previous_state is ' || coalesce(c.previous_state, 'NULL') || ', the event before says '
               || coalesce(c.last_state, 'NULL') WHERE c.previous_state IS DISTINCT FROM c.last_state
        UNION ALL
        SELECT 'the hash does not fit the event and the one before it'
        WHERE c.hash <> trail_hash(c.last_hash, c.job_id, c.seq, c.previous_state, c.new_state, c.attempt, c.actor,
            c.reason, c.metadata, c.at)
        UNION ALL
        SELECT 'the job of this event is gone' WHERE c.newest AND j.id IS NULL
            AND c.job_id <> '00000000-0000-0000-0000-000000000000'
        UNION ALL
        SELECT 'the job says version ' || j.version || ' and ' || j.status || ', its newest event ' || c.seq || ' and '
               || c.new_state WHERE c.newest AND (j.version <> c.seq OR j.status <> c.new_state)
    ) x
    ORDER BY 1, 2
$$;
