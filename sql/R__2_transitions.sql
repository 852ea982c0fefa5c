-- Every change of a job's state, once. The forms in the plural take arrays and are what the processes call; the forms
-- in the singular are for people at psql. Each returns what really happened: no row (or false) means that the job was
-- not in the state this transition starts from, or that the caller's claim is no longer the valid one.
-- Rows are locked in the order of their ids, so that two statements over the same jobs cannot block each other for ever.
-- Those that every job passes are in plpgsql with a generic plan, which is kept: a function in SQL is planned anew at every
-- call, and that takes as long as dozens of jobs. As such a plan may have been made when the tables were empty, it must not rest
-- on their size: rows are found by their id, one by one. "status || ''" is no column of an index: with few jobs in a state when
-- the plan was made, the planner would look for all that are in it.

DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname IN (
        'ask_person', 'answer_prompt',
        'uuid_v7', 'first_uuid_v7', 'enqueue_jobs', 'enqueue_job', 'claim_jobs', 'claim_jobs_by_id', 'update_job_heartbeats',
        'update_job_heartbeat', 'turn_jobs', 'complete_jobs', 'complete_job', 'fail_jobs', 'fail_job', 'give_back_jobs',
        'finish_cancelled_jobs', 'cancel_jobs', 'cancel_job', 'retry_jobs', 'retry_job', 'delete_jobs', 'delete_job',
        'release_stale_jobs', 'store_chunks', 'keep_chunks', 'remove_unseen_chunks',
        'ids_that_may_have_ended', 'purge_jobs', 'purge_expired_jobs', 'set_retention')
    LOOP EXECUTE 'DROP FUNCTION ' || f; END LOOP;
END $$;

-- RFC 9562 version 7: 48 bits of milliseconds, then random bits, so that ids sort by age. Built in from PostgreSQL 18 on.
CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid
$$;

-- The smallest version 7 id of a millisecond: what was made before it has a smaller one.
CREATE FUNCTION first_uuid_v7(p_at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (encode(substring(int8send(greatest(floor(extract(epoch FROM p_at) * 1000), 0)::bigint) FROM 3), 'hex') || '70008000000000000000')::uuid
$$;

-- (none) -> queued. p_jobs: [{"id","queue","realm","handler","payload","document_id","batch_id","max_attempts",
-- "run_after","timeout_sec","idempotency_key","fingerprint","traceparent","actor"}]; missing values get defaults.
-- Answers every item in order: the job it made, or the one that its id or idempotency key had made before;
-- same_content = false when that one was made from something else. It fails (40001) and makes none when that one is deleted
-- meanwhile: asked again, it makes another. Without p_wait it fails (55P03) when somebody else has been
-- using one of the keys for a tenth of a second and has not committed.
CREATE FUNCTION enqueue_jobs(p_jobs jsonb, p_wait boolean DEFAULT true)
RETURNS TABLE (job_id uuid, queue text, status text, already_existed boolean, same_content boolean)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE made uuid[]; answered integer;
BEGIN
    IF NOT p_wait THEN PERFORM set_config('lock_timeout', '100ms', true); END IF;
    WITH given AS (
        SELECT g.* FROM ROWS FROM (jsonb_to_recordset(p_jobs) AS (id uuid, queue text, realm text, handler text, payload jsonb,
            document_id uuid, batch_id uuid, max_attempts integer, run_after timestamptz, timeout_sec integer,
            idempotency_key text, fingerprint text, traceparent text, actor text)) WITH ORDINALITY AS g
    ), inserted AS (
        INSERT INTO pipeline_jobs (id, queue, realm, handler, payload, document_id, batch_id, max_attempts, run_after,
            timeout_sec, idempotency_key, fingerprint, traceparent, actor, reason)
        SELECT g.id, g.queue, coalesce(g.realm, 'default'), g.handler, coalesce(g.payload, '{}'), g.document_id, g.batch_id,
            coalesce(g.max_attempts, 5), coalesce(g.run_after, clock_timestamp()), coalesce(g.timeout_sec, q.timeout_sec),
            g.idempotency_key, g.fingerprint, g.traceparent, coalesce(g.actor, 'db:' || session_user), 'SUBMITTED'
        FROM given g LEFT JOIN pipeline_queues q ON q.name = g.queue
        -- Keys in one order for everybody, or two batches would wait for each other; of the same key the first item counts.
        ORDER BY g.realm, g.idempotency_key, CASE WHEN g.idempotency_key IS NULL THEN g.id END, g.ordinality
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT array_agg(id) INTO made FROM inserted;

    IF cardinality(made) = jsonb_array_length(p_jobs) THEN          -- nearly always: there is nothing to look for
        RETURN QUERY
        SELECT (t.item->>'id')::uuid, t.item->>'queue', 'queued', false, true
        FROM jsonb_array_elements(p_jobs) WITH ORDINALITY AS t(item, ord) ORDER BY t.ord;
        RETURN;
    END IF;

    -- A statement of its own, because only a new snapshot sees what a concurrent submission has just committed.
    RETURN QUERY
    SELECT j.id, j.queue, j.status, NOT j.id = ANY (coalesce(made, '{}')) OR g.nth > 1,
           j.fingerprint IS NOT DISTINCT FROM g.fingerprint
    FROM (SELECT (t.item->>'id')::uuid AS id, coalesce(t.item->>'realm', 'default') AS realm,
                 t.item->>'idempotency_key' AS idempotency_key, t.item->>'fingerprint' AS fingerprint, t.ord,
                 row_number() OVER (PARTITION BY coalesce(t.item->>'realm', 'default'),
                     coalesce(t.item->>'idempotency_key', t.item->>'id') ORDER BY t.ord) AS nth
          FROM jsonb_array_elements(p_jobs) WITH ORDINALITY AS t(item, ord)) g
    JOIN LATERAL (
        SELECT * FROM pipeline_jobs p WHERE p.id = g.id
        UNION
        SELECT * FROM pipeline_jobs p WHERE p.realm = g.realm AND p.idempotency_key = g.idempotency_key
        LIMIT 1) j ON true
    ORDER BY g.ord;
    GET DIAGNOSTICS answered = ROW_COUNT;
    IF answered < jsonb_array_length(p_jobs) THEN
        RAISE EXCEPTION 'the job that an idempotency key had made was deleted meanwhile: ask again' USING ERRCODE = 'serialization_failure';
    END IF;
END $$;

CREATE FUNCTION enqueue_job(p_handler text, p_input jsonb DEFAULT '{}', p_queue text DEFAULT 'default',
    p_realm text DEFAULT 'default', p_idempotency_key text DEFAULT NULL, p_max_attempts integer DEFAULT 5,
    p_run_after timestamptz DEFAULT NULL, p_timeout_sec integer DEFAULT NULL)
RETURNS TABLE (job_id uuid, queue text, status text, already_existed boolean, same_content boolean)
LANGUAGE sql AS $$
    SELECT * FROM enqueue_jobs(jsonb_build_array(jsonb_build_object('id', uuid_v7(), 'handler', p_handler, 'queue', p_queue,
        'realm', p_realm, 'payload', jsonb_build_object('input', p_input), 'idempotency_key', p_idempotency_key,
        'fingerprint', encode(sha256(convert_to(p_handler || p_input::text, 'UTF8')), 'hex'),
        'max_attempts', p_max_attempts, 'run_after', p_run_after, 'timeout_sec', p_timeout_sec)))
$$;

-- running -> finished, by the holders of the claims, and queued, retrying -> running, for the ids that Redis named: in one
-- statement, because a worker that ends a job mostly begins the next. Answers the claims that have finished their jobs now, by id
-- and version, and the jobs that are claimed, whose version is the claim's fence. Of p_next, what is not due, paused, taken or
-- unknown is left alone; p_handlers: what the worker can run. A row that somebody has locked is left as it is too, so that it
-- costs the others no time: of p_next, whoever has it is about to change it, and a job that stays due is pushed again; of p_ended,
-- it is missing in the answer as if the claim were lost, unless p_wait says to wait for it.
CREATE FUNCTION turn_jobs(p_ended uuid[], p_versions integer[], p_results jsonb[], p_next uuid[], p_workers text[],
    p_handlers text[], p_wait boolean DEFAULT true)
RETURNS TABLE (ended uuid, ended_version integer, claimed pipeline_jobs) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    IF p_wait THEN
        PERFORM FROM pipeline_jobs WHERE id = ANY (p_ended) AND status || '' = 'running' ORDER BY id FOR NO KEY UPDATE;
    END IF;
    RETURN QUERY
    WITH wanted AS (
        SELECT o.id, true AS ends, o.version, o.result, NULL AS worker
        FROM unnest(p_ended, p_versions, p_results) AS o(id, version, result)
        UNION ALL
        (SELECT DISTINCT ON (n.id) n.id, false, NULL, NULL, n.worker FROM unnest(p_next, p_workers) AS n(id, worker))
    ), turning AS (
        SELECT j.id, w.ends, w.version, w.result, w.worker FROM wanted w JOIN pipeline_jobs j ON j.id = w.id
        WHERE CASE WHEN w.ends THEN j.status = 'running' AND j.version = w.version
                   ELSE j.status IN ('queued', 'retrying') AND j.run_after <= clock_timestamp() AND j.handler = ANY (p_handlers)
                        AND NOT EXISTS (SELECT FROM pipeline_queues q WHERE q.name = j.queue AND q.paused) END
        ORDER BY j.id FOR NO KEY UPDATE OF j SKIP LOCKED
    )
    UPDATE pipeline_jobs j
    SET status = CASE WHEN t.ends THEN 'finished' ELSE 'running' END, version = j.version + 1,
        actor = 'worker:' || coalesce(t.worker, j.locked_by), reason = CASE WHEN t.ends THEN 'COMPLETED' ELSE 'CLAIMED' END,
        metadata = NULL, updated_at = clock_timestamp(), locked_by = t.worker,
        finished_at = CASE WHEN t.ends THEN clock_timestamp() END,
        result = CASE WHEN t.ends THEN t.result ELSE j.result END,
        error = CASE WHEN NOT t.ends THEN j.error END, error_code = CASE WHEN NOT t.ends THEN j.error_code END,
        stage = CASE WHEN t.ends THEN j.stage END, progress = CASE WHEN t.ends THEN 1 END,
        attempt = j.attempt + (NOT t.ends)::integer,
        started_at = CASE WHEN t.ends THEN j.started_at ELSE clock_timestamp() END,
        last_heartbeat_at = CASE WHEN t.ends THEN j.last_heartbeat_at ELSE clock_timestamp() END
    FROM turning t WHERE j.id = t.id
    RETURNING CASE WHEN t.ends THEN j.id END, t.version, CASE WHEN NOT t.ends THEN j END;
END $$;

-- queued, retrying -> running, as above.
CREATE FUNCTION claim_jobs_by_id(p_ids uuid[], p_workers text[], p_handlers text[]) RETURNS SETOF pipeline_jobs
LANGUAGE sql AS $$
    SELECT (t.claimed).* FROM turn_jobs('{}', '{}', '{}', p_ids, p_workers, p_handlers) t
$$;

-- The same without Redis: the oldest due jobs of the queues, in strict priority of their order. Looked for by handler, as
-- the index is sorted: nothing of other handlers is read, and each search locks no more than p_limit jobs.
CREATE FUNCTION claim_jobs(p_queues text[], p_limit integer, p_worker text, p_handlers text[]) RETURNS SETOF pipeline_jobs
LANGUAGE sql AS $$
    WITH claimable AS MATERIALIZED (
        SELECT due.id, wanted.priority, due.run_after
        FROM unnest(p_queues) WITH ORDINALITY AS wanted(queue, priority)
        CROSS JOIN (SELECT DISTINCT unnest(p_handlers)) AS able(handler)
        CROSS JOIN LATERAL (
            SELECT j.id, j.run_after FROM pipeline_jobs j
            WHERE j.queue = wanted.queue AND j.handler = able.handler AND j.status IN ('queued', 'retrying')
              AND j.run_after <= (SELECT clock_timestamp())    -- asked once, so that the index ends the search there
              AND NOT EXISTS (SELECT FROM pipeline_queues q WHERE q.name = wanted.queue AND q.paused)
            ORDER BY j.run_after, j.id LIMIT p_limit FOR UPDATE OF j SKIP LOCKED
        ) due
        ORDER BY wanted.priority, due.run_after, due.id LIMIT p_limit
    )
    SELECT j.*
    FROM claim_jobs_by_id(ARRAY(SELECT id FROM claimable), ARRAY(SELECT p_worker FROM claimable), p_handlers) j
    JOIN claimable c ON c.id = j.id
    ORDER BY c.priority, c.run_after, c.id
$$;

-- No transition: renews the lease of claims and stores how far they are (NULL leaves stage or progress as it is, as does
-- a progress outside 0..1: one handler's mistake must not cost the other claims of the statement their lease; no more may a
-- row that somebody else has locked, which is not waited for: its claim is valid, but not renewed).
-- A claim that is missing in the answer is lost. The lease is never renewed beyond
-- the attempt's deadline; a claim past it says expired.
CREATE FUNCTION update_job_heartbeats(p_ids uuid[], p_versions integer[], p_stages text[], p_progress real[])
RETURNS TABLE (job_id uuid, cancel_requested boolean, expired boolean, renewed boolean) LANGUAGE sql
-- From Postgres 18 on these have plans that are kept too, from when there were no jobs perhaps.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
    WITH beating AS (
        SELECT j.id, h.stage, h.progress FROM unnest(p_ids, p_versions, p_stages, p_progress) AS h(id, version, stage, progress)
        JOIN pipeline_jobs j ON j.id = h.id AND j.status || '' = 'running' AND j.version = h.version
        ORDER BY j.id FOR NO KEY UPDATE OF j SKIP LOCKED
    ), beaten AS (
        UPDATE pipeline_jobs j
        SET last_heartbeat_at = least(clock_timestamp(), j.started_at + make_interval(secs => j.timeout_sec)),
            stage = coalesce(b.stage, j.stage),
            progress = CASE WHEN b.progress BETWEEN 0 AND 1 THEN b.progress ELSE j.progress END
        FROM beating b WHERE j.id = b.id
        RETURNING j.id
    )
    SELECT j.id, j.cancel_requested, clock_timestamp() >= j.started_at + make_interval(secs => j.timeout_sec),
           b.id IS NOT NULL
    FROM unnest(p_ids, p_versions) AS h(id, version)
    JOIN pipeline_jobs j ON j.id = h.id AND j.status || '' = 'running' AND j.version = h.version
    LEFT JOIN beaten b ON b.id = j.id
$$;

-- false: not renewed, because the claim is lost or because somebody else has locked the row for the moment.
CREATE FUNCTION update_job_heartbeat(p_id uuid, p_version integer, p_stage text DEFAULT NULL, p_progress real DEFAULT NULL)
RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM update_job_heartbeats(ARRAY[p_id], ARRAY[p_version], ARRAY[p_stage], ARRAY[p_progress]) b
        WHERE b.renewed)
$$;

-- running -> finished, as above. Answers the ids that are finished now.
CREATE FUNCTION complete_jobs(p_ids uuid[], p_versions integer[], p_results jsonb[]) RETURNS SETOF uuid LANGUAGE sql AS $$
    SELECT t.ended FROM turn_jobs(p_ids, p_versions, p_results, '{}', '{}', '{}') t
$$;

CREATE FUNCTION complete_job(p_id uuid, p_version integer, p_result jsonb DEFAULT NULL) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM complete_jobs(ARRAY[p_id], ARRAY[p_version], ARRAY[p_result]))
$$;

-- running -> retrying, or failed when the failure is permanent or was the last attempt, or cancelled when that was asked for.
-- With p_wait, rows that somebody has locked are waited for; else such a job is left as it is, as if its claim were lost.
-- claim_version: whose failure it was, of several claims of one job.
CREATE FUNCTION fail_jobs(p_ids uuid[], p_versions integer[], p_codes text[], p_errors text[], p_permanent boolean[],
    p_retry_in interval[], p_wait boolean DEFAULT true)
RETURNS TABLE (job_id uuid, claim_version integer, status text, run_after timestamptz) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
    IF p_wait THEN
        PERFORM FROM pipeline_jobs WHERE id = ANY (p_ids) AND status || '' = 'running' ORDER BY id FOR NO KEY UPDATE;
    END IF;
    RETURN QUERY
    WITH held AS (
        SELECT j.id, o.version, o.code, o.error, o.retry_in,
               CASE WHEN j.cancel_requested THEN 'cancelled'
                    WHEN o.permanent OR j.attempt >= j.max_attempts THEN 'failed' ELSE 'retrying' END AS next
        FROM unnest(p_ids, p_versions, p_codes, p_errors, p_permanent, p_retry_in)
             AS o(id, version, code, error, permanent, retry_in)
        JOIN pipeline_jobs j ON j.id = o.id AND j.status || '' = 'running' AND j.version = o.version
        ORDER BY j.id FOR NO KEY UPDATE OF j SKIP LOCKED
    )
    UPDATE pipeline_jobs j
    SET status = h.next, version = j.version + 1, error = h.error, error_code = h.code, locked_by = NULL,
        run_after = CASE WHEN h.next = 'retrying' THEN clock_timestamp() + h.retry_in ELSE j.run_after END,
        finished_at = CASE WHEN h.next <> 'retrying' THEN clock_timestamp() END, updated_at = clock_timestamp(),
        actor = CASE WHEN h.next = 'cancelled' THEN coalesce(j.cancel_actor, 'worker:' || j.locked_by)
                     ELSE 'worker:' || j.locked_by END,
        reason = CASE WHEN h.next = 'cancelled' THEN coalesce(j.cancel_reason, 'CANCELLED') ELSE h.code END,
        metadata = CASE WHEN h.next = 'cancelled' THEN jsonb_build_object('stopped_by', 'worker:' || j.locked_by) END
    FROM held h WHERE j.id = h.id
    RETURNING j.id, h.version, j.status, j.run_after;
END $$;

CREATE FUNCTION fail_job(p_id uuid, p_version integer, p_code text, p_error text, p_permanent boolean DEFAULT false,
    p_retry_in interval DEFAULT '5 seconds') RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM fail_jobs(ARRAY[p_id], ARRAY[p_version], ARRAY[p_code], ARRAY[p_error], ARRAY[p_permanent],
        ARRAY[p_retry_in]))
$$;

-- running -> queued: the holder cannot go on, through no fault of the job, which is not charged for the attempt. A job that
-- somebody wanted cancelled is cancelled now, rather than run again.
CREATE FUNCTION give_back_jobs(p_ids uuid[], p_versions integer[], p_reason text DEFAULT 'WORKER_SHUTDOWN')
RETURNS TABLE (job_id uuid, status text) LANGUAGE sql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
    WITH held AS (
        SELECT j.id FROM unnest(p_ids, p_versions) AS o(id, version)
        JOIN pipeline_jobs j ON j.id = o.id AND j.status || '' = 'running' AND j.version = o.version
        ORDER BY j.id FOR NO KEY UPDATE OF j
    )
    UPDATE pipeline_jobs j
    SET status = CASE WHEN j.cancel_requested THEN 'cancelled' ELSE 'queued' END, version = j.version + 1,
        attempt = j.attempt - 1, locked_by = NULL, stage = NULL, progress = NULL, run_after = clock_timestamp(),
        finished_at = CASE WHEN j.cancel_requested THEN clock_timestamp() END, updated_at = clock_timestamp(),
        actor = CASE WHEN j.cancel_requested THEN coalesce(j.cancel_actor, 'worker:' || j.locked_by)
                     ELSE 'worker:' || j.locked_by END,
        reason = CASE WHEN j.cancel_requested THEN coalesce(j.cancel_reason, 'CANCELLED') ELSE p_reason END,
        metadata = CASE WHEN j.cancel_requested THEN jsonb_build_object('stopped_by', 'worker:' || j.locked_by) END
    FROM held h WHERE j.id = h.id
    RETURNING j.id, j.status
$$;

-- running -> cancelled: the holder has stopped because the cancellation was asked for.
CREATE FUNCTION finish_cancelled_jobs(p_ids uuid[], p_versions integer[]) RETURNS SETOF uuid LANGUAGE sql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
    WITH held AS (
        SELECT j.id FROM unnest(p_ids, p_versions) AS o(id, version)
        JOIN pipeline_jobs j ON j.id = o.id AND j.status || '' = 'running' AND j.version = o.version AND j.cancel_requested
        ORDER BY j.id FOR NO KEY UPDATE OF j
    )
    UPDATE pipeline_jobs j
    SET status = 'cancelled', version = j.version + 1, locked_by = NULL, finished_at = clock_timestamp(),
        updated_at = clock_timestamp(), actor = coalesce(j.cancel_actor, 'worker:' || j.locked_by),
        reason = coalesce(j.cancel_reason, 'CANCELLED'), metadata = jsonb_build_object('stopped_by', 'worker:' || j.locked_by)
    FROM held h WHERE j.id = h.id
    RETURNING j.id
$$;

-- What people do to jobs. Answers for each of them that there is and that is not hidden: whether it was done, the state it is in
-- now, and where it would be pushed. p_from: only to those that are in one of these states still, once nobody else has them
-- locked: whoever chose jobs by their state does nothing to one that has moved on meanwhile. NULL: whatever their state.

-- queued, retrying, awaiting_input -> cancelled; a running job is asked to stop and its holder cancels it, as the first who asked.
-- Not done: the job is final already.
CREATE FUNCTION cancel_jobs(p_ids uuid[], p_actor text, p_reason text DEFAULT NULL, p_from text[] DEFAULT NULL)
RETURNS TABLE (job_id uuid, done boolean, status text, queue text, handler text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE not_ended uuid[];
BEGIN
    -- Locked first, so that no job moves on between the look and the change.
    PERFORM FROM pipeline_jobs WHERE id = ANY (p_ids) ORDER BY id FOR NO KEY UPDATE;
    SELECT coalesce(array_agg(id), '{}') INTO not_ended FROM pipeline_jobs
    WHERE id = ANY (p_ids) AND deleted_at IS NULL AND status NOT IN ('finished', 'failed', 'cancelled')
      AND (p_from IS NULL OR status = ANY (p_from));
    UPDATE pipeline_jobs
    SET cancel_requested = true, cancel_actor = p_actor, cancel_reason = p_reason
    WHERE id = ANY (not_ended) AND status = 'running' AND NOT cancel_requested;
    UPDATE pipeline_jobs
    SET status = 'cancelled', version = version + 1, finished_at = clock_timestamp(), updated_at = clock_timestamp(),
        actor = p_actor, reason = coalesce(p_reason, 'CANCELLED'), metadata = NULL
    WHERE id = ANY (not_ended) AND status <> 'running';
    RETURN QUERY SELECT id, id = ANY (not_ended), status, queue, handler FROM pipeline_jobs
                 WHERE id = ANY (p_ids) AND deleted_at IS NULL;
END $$;

CREATE FUNCTION cancel_job(p_id uuid, p_actor text DEFAULT 'db:' || session_user, p_reason text DEFAULT NULL)
RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM cancel_jobs(ARRAY[p_id], p_actor, p_reason) c WHERE c.done)
$$;

-- failed, cancelled -> queued, with a fresh allowance of attempts; the attempts made so far stay counted.
CREATE FUNCTION retry_jobs(p_ids uuid[], p_actor text, p_reason text DEFAULT NULL,
    p_more_attempts integer DEFAULT 5, p_from text[] DEFAULT NULL)
RETURNS TABLE (job_id uuid, done boolean, status text, queue text, handler text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE ended uuid[];
BEGIN
    -- No others are locked: a claim would pass over one that is queued already.
    SELECT coalesce(array_agg(id), '{}') INTO ended FROM (
        SELECT id FROM pipeline_jobs WHERE id = ANY (p_ids) AND deleted_at IS NULL AND status IN ('failed', 'cancelled')
          AND (p_from IS NULL OR status = ANY (p_from)) ORDER BY id FOR NO KEY UPDATE) locked;
    UPDATE pipeline_jobs
    SET status = 'queued', version = version + 1, max_attempts = least(attempt + p_more_attempts, 1000), workers_lost = 0,
        run_after = clock_timestamp(), finished_at = NULL, error = NULL, error_code = NULL, stage = NULL, progress = NULL,
        cancel_requested = false, cancel_actor = NULL, cancel_reason = NULL, updated_at = clock_timestamp(),
        actor = p_actor, reason = coalesce(p_reason, 'OPERATOR_RETRY'), metadata = NULL
    WHERE id = ANY (ended);
    RETURN QUERY SELECT id, id = ANY (ended), status, queue, handler FROM pipeline_jobs
                 WHERE id = ANY (p_ids) AND deleted_at IS NULL;
END $$;

CREATE FUNCTION retry_job(p_id uuid, p_actor text DEFAULT 'db:' || session_user, p_reason text DEFAULT NULL,
    p_more_attempts integer DEFAULT 5) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM retry_jobs(ARRAY[p_id], p_actor, p_reason, p_more_attempts) r WHERE r.done)
$$;

-- Hides jobs, which can be done whatever their state, and cancels those that have not ended. Nothing of them is deleted: that is what
-- purge_jobs is for. The trail of the system says who hid them and why, that of the job who cancelled it.
CREATE FUNCTION delete_jobs(p_ids uuid[], p_actor text, p_reason text DEFAULT NULL, p_from text[] DEFAULT NULL)
RETURNS TABLE (job_id uuid, done boolean, status text, queue text, handler text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE chosen uuid[];
BEGIN
    PERFORM FROM pipeline_jobs WHERE id = ANY (p_ids) ORDER BY id FOR NO KEY UPDATE;
    SELECT coalesce(array_agg(id), '{}') INTO chosen FROM pipeline_jobs
    WHERE id = ANY (p_ids) AND deleted_at IS NULL AND (p_from IS NULL OR status = ANY (p_from));
    RETURN QUERY SELECT id, false, status, queue, handler FROM pipeline_jobs
                 WHERE id = ANY (p_ids) AND NOT id = ANY (chosen) AND deleted_at IS NULL;
    PERFORM FROM cancel_jobs(chosen, p_actor, coalesce(p_reason, 'DELETED'));
    PERFORM set_config('jobtrail.hidden_by', p_actor, true), set_config('jobtrail.hide_reason', coalesce(p_reason, 'DELETED'), true);
    RETURN QUERY
    UPDATE pipeline_jobs j SET deleted_at = clock_timestamp() WHERE j.id = ANY (chosen)
    RETURNING j.id, true, j.status, j.queue, j.handler;
    PERFORM set_config('jobtrail.hidden_by', '', true), set_config('jobtrail.hide_reason', '', true);
END $$;

CREATE FUNCTION delete_job(p_id uuid, p_actor text DEFAULT 'db:' || session_user, p_reason text DEFAULT NULL)
RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM delete_jobs(ARRAY[p_id], p_actor, p_reason) d WHERE d.done)
$$;

-- running -> retrying | failed | cancelled, for jobs whose holder has not renewed its lease: TIMEOUT when it lived to the
-- deadline of the attempt, else HEARTBEAT_TIMEOUT, and for the third worker lost POISON_JOB. Any process may call it at any time: locked rows are skipped, one statement decides and writes.
CREATE FUNCTION release_stale_jobs(p_lease interval DEFAULT '60 seconds', p_limit integer DEFAULT 500,
    p_actor text DEFAULT 'db:' || session_user) RETURNS TABLE (job_id uuid, status text, lost_by text) LANGUAGE sql AS $$
    WITH stale AS MATERIALIZED (
        SELECT j.id, j.locked_by, x.expired,
               CASE WHEN x.expired THEN 'TIMEOUT' WHEN j.workers_lost >= 2 THEN 'POISON_JOB' ELSE 'HEARTBEAT_TIMEOUT' END AS code,
               CASE WHEN j.cancel_requested THEN 'cancelled'
                    WHEN j.attempt >= j.max_attempts OR NOT x.expired AND j.workers_lost >= 2 THEN 'failed'
                    ELSE 'retrying' END AS next
        FROM pipeline_jobs j
        CROSS JOIN LATERAL (SELECT j.last_heartbeat_at >= j.started_at + make_interval(secs => j.timeout_sec) AS expired) x
        WHERE j.status = 'running' AND j.last_heartbeat_at < clock_timestamp() - p_lease
        -- The order of pipeline_jobs_kind, so that nothing but the running jobs is read. Nobody is waited for, so any order will do.
        ORDER BY j.status, j.queue, j.realm, j.handler, j.id LIMIT p_limit FOR NO KEY UPDATE OF j SKIP LOCKED
    )
    UPDATE pipeline_jobs j
    SET status = s.next, version = j.version + 1, locked_by = NULL, workers_lost = j.workers_lost + (NOT s.expired)::integer,
        error_code = s.code, error = CASE s.code
            WHEN 'TIMEOUT' THEN 'the attempt ran longer than ' || j.timeout_sec || ' s'
            WHEN 'POISON_JOB' THEN 'three workers vanished while running this job, the last was ' || s.locked_by
            ELSE 'worker ' || s.locked_by || ' has not been heard of since ' || to_char(j.last_heartbeat_at AT TIME ZONE 'UTC',
                'YYYY-MM-DD"T"HH24:MI:SS"Z"') END,
        run_after = CASE WHEN s.next = 'retrying' THEN clock_timestamp() + interval '2 seconds' * 2 ^ j.workers_lost
                         ELSE j.run_after END,
        finished_at = CASE WHEN s.next <> 'retrying' THEN clock_timestamp() END, updated_at = clock_timestamp(),
        actor = CASE WHEN s.next = 'cancelled' THEN coalesce(j.cancel_actor, p_actor) ELSE p_actor END,
        reason = CASE WHEN s.next = 'cancelled' THEN coalesce(j.cancel_reason, 'CANCELLED') ELSE s.code END,
        metadata = jsonb_build_object('lost_by', s.locked_by)
    FROM stale s WHERE j.id = s.id
    RETURNING j.id, j.status, s.locked_by
$$;

-- running -> awaiting_input, by the holder of the claim, who runs the job no longer: no worker and no lease is held until
-- somebody answers, and waiting is no failure, so the attempt is not charged. A job that somebody wanted cancelled is
-- cancelled now, and nobody is asked. true: the attempt has ended in one of these two ways; false: the claim is lost.
-- p_name says which question of the handler this is. A question that was answered is never asked again: its answer
-- stands, also after a retry, and asking it raises unique_violation.
CREATE FUNCTION ask_person(p_id uuid, p_version integer, p_name text, p_type text, p_prompt jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE left_as text;
BEGIN
    UPDATE pipeline_jobs j
    SET status = CASE WHEN j.cancel_requested THEN 'cancelled' ELSE 'awaiting_input' END, version = j.version + 1,
        attempt = j.attempt - (NOT j.cancel_requested)::integer, locked_by = NULL,
        finished_at = CASE WHEN j.cancel_requested THEN clock_timestamp() END, updated_at = clock_timestamp(),
        actor = CASE WHEN j.cancel_requested THEN coalesce(j.cancel_actor, 'worker:' || j.locked_by)
                     ELSE 'worker:' || j.locked_by END,
        reason = CASE WHEN j.cancel_requested THEN coalesce(j.cancel_reason, 'CANCELLED') ELSE 'ASKED' END,
        metadata = CASE WHEN j.cancel_requested THEN jsonb_build_object('stopped_by', 'worker:' || j.locked_by)
                        ELSE jsonb_build_object('question', p_name) END
    WHERE j.id = p_id AND j.status || '' = 'running' AND j.version = p_version
    RETURNING j.status INTO left_as;
    IF left_as = 'awaiting_input' THEN
        INSERT INTO pipeline_job_prompts (id, job_id, name, type, prompt) VALUES (uuid_v7(), p_id, p_name, p_type, p_prompt);
    END IF;
    RETURN left_as IS NOT NULL;
END $$;

-- awaiting_input -> queued, once. false: nothing is asked, or not any more. p_name: the question that was answered, so that
-- a late answer is not taken for that to the next question; NULL: whichever is open.
-- p_confidence: how sure the answer is, from 0 to 1.
CREATE FUNCTION answer_prompt(p_job uuid, p_answer jsonb, p_actor text DEFAULT 'db:' || session_user,
    p_reason text DEFAULT NULL, p_name text DEFAULT NULL, p_confidence double precision DEFAULT NULL)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE question text;
BEGIN
    -- Locked first, as everywhere: the job, then what belongs to it.
    PERFORM FROM pipeline_jobs WHERE id = p_job AND status = 'awaiting_input' FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    UPDATE pipeline_job_prompts
    SET answer = p_answer, confidence = p_confidence, answered_by = p_actor, answered_at = clock_timestamp()
    WHERE job_id = p_job AND answer IS NULL AND name = coalesce(p_name, name)
    RETURNING name INTO question;
    IF NOT FOUND THEN RETURN false; END IF;
    UPDATE pipeline_jobs
    SET status = 'queued', version = version + 1, run_after = clock_timestamp(), updated_at = clock_timestamp(),
        actor = p_actor, reason = coalesce(p_reason, 'ANSWERED'), metadata = jsonb_build_object('question', question)
    WHERE id = p_job;
    RETURN true;
END $$;

-- A question goes with the wait for its answer, whoever ends that: cancel_job, or SQL written by hand. The trail keeps that
-- it was asked; after a retry it may be asked again.
CREATE OR REPLACE FUNCTION pipeline_jobs_withdraw_prompt() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM pipeline_job_prompts WHERE job_id = NEW.id AND answer IS NULL;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER pipeline_jobs_6_withdraw_prompt AFTER UPDATE ON pipeline_jobs FOR EACH ROW
    WHEN (OLD.status = 'awaiting_input' AND NEW.status <> 'awaiting_input') EXECUTE FUNCTION pipeline_jobs_withdraw_prompt();
-- It deletes with the owner's rights, which the run-time role lacks here.
DO $$ DECLARE f CONSTANT regprocedure := 'pipeline_jobs_withdraw_prompt()'; BEGIN
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', f, current_schema());
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
END $$;

-- Adds chunks to what the holder of the claim has produced; false: the claim is lost and nothing was stored.
-- What a claim stores while it is being released is never seen: readers ask for the version that finished the job.
-- The same positions again, after an answer that was lost on the way, change nothing.
CREATE FUNCTION store_chunks(p_id uuid, p_version integer, p_positions integer[], p_texts text[], p_tokens integer[],
    p_pages_from integer[], p_pages_to integer[], p_embeddings text[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM pipeline_jobs WHERE id = p_id AND status || '' = 'running' AND version = p_version;
    IF NOT FOUND THEN RETURN false; END IF;
    INSERT INTO pipeline_chunks (job_id, version, position, text, tokens, page_from, page_to, embedding)
    SELECT p_id, p_version, c.position, c.text, c.tokens, c.page_from, c.page_to, c.embedding::real[]
    FROM unnest(p_positions, p_texts, p_tokens, p_pages_from, p_pages_to, p_embeddings)
         AS c(position, text, tokens, page_from, page_to, embedding)
    ON CONFLICT DO NOTHING;
    RETURN true;
END $$;

-- Copies to the holder of the claim what the attempt had stored that asked this question, so that the work before the question
-- need not be done again. All p_count chunks or none: once a job has ended otherwise, they may be gone. NULL: the claim is lost.
CREATE FUNCTION keep_chunks(p_id uuid, p_version integer, p_question text, p_count integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE kept integer;
BEGIN
    PERFORM FROM pipeline_jobs WHERE id = p_id AND status || '' = 'running' AND version = p_version;
    IF NOT FOUND THEN RETURN NULL; END IF;
    WITH asking AS (
        SELECT max(e.seq) - 1 AS version FROM pipeline_job_events e
        WHERE e.job_id = p_id AND e.new_state = 'awaiting_input' AND e.metadata->>'question' = p_question
    ), stored AS MATERIALIZED (
        SELECT c.* FROM pipeline_chunks c JOIN asking a ON c.version = a.version WHERE c.job_id = p_id
    )
    INSERT INTO pipeline_chunks (job_id, version, position, text, tokens, page_from, page_to, embedding)
    SELECT s.job_id, p_version, s.position, s.text, s.tokens, s.page_from, s.page_to, s.embedding FROM stored s
    WHERE (SELECT count(*) FROM stored) = p_count
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS kept = ROW_COUNT;
    RETURN kept = p_count;
END $$;

-- Deletes chunks that can never be seen: of jobs in a final state, those of every attempt but the one that finished the job.
-- Looks at the next p_attempts attempts in the order of the primary key and deletes at most p_limit chunks. Answers the
-- attempt to go on after, or NULL once there are no more.
CREATE FUNCTION remove_unseen_chunks(p_after_job uuid, p_after_version integer, p_attempts integer DEFAULT 5000,
    p_limit integer DEFAULT 5000, OUT next_job uuid, OUT next_version integer, OUT removed integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE looked_at integer;
BEGIN
    -- One statement, so that a job which is tried again meanwhile keeps what its new attempt stores.
    WITH RECURSIVE attempts AS (
        (SELECT c.job_id, c.version, 1 AS nth FROM pipeline_chunks c WHERE (c.job_id, c.version) > (p_after_job, p_after_version)
         ORDER BY c.job_id, c.version LIMIT 1)
        UNION ALL
        SELECT n.job_id, n.version, a.nth + 1 FROM attempts a CROSS JOIN LATERAL (
            SELECT c.job_id, c.version FROM pipeline_chunks c WHERE (c.job_id, c.version) > (a.job_id, a.version)
            ORDER BY c.job_id, c.version LIMIT 1) n
        WHERE a.nth < p_attempts
    ), unseen AS (
        SELECT c.job_id, c.version, c.position FROM attempts a
        JOIN pipeline_jobs j ON j.id = a.job_id
            AND (j.status = 'finished' AND a.version < j.version - 1 OR j.status IN ('failed', 'cancelled') AND a.version < j.version)
        JOIN pipeline_chunks c ON c.job_id = a.job_id AND c.version = a.version
        LIMIT p_limit
    ), gone AS (
        DELETE FROM pipeline_chunks c USING unseen u
        WHERE c.job_id = u.job_id AND c.version = u.version AND c.position = u.position RETURNING 1
    )
    SELECT l.job_id, l.version, coalesce(l.nth, 0), (SELECT count(*) FROM gone)
    INTO next_job, next_version, looked_at, removed
    FROM (SELECT) AS always LEFT JOIN (SELECT * FROM attempts ORDER BY nth DESC LIMIT 1) l ON true;
    IF removed >= p_limit THEN                  -- there may be more of these
        next_job := p_after_job;
        next_version := p_after_version;
    ELSIF looked_at < p_attempts THEN
        next_job := NULL;
        next_version := NULL;
    END IF;
END $$;

-- Where jobs that ended before a time are found in the primary key: among those made before it. Ids that others made, not by
-- the clock, lie beyond all that are, and are looked through as well.
CREATE FUNCTION ids_that_may_have_ended(p_before timestamptz) RETURNS TABLE (first_id uuid, last_id uuid)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    VALUES ('00000000-0000-0000-0000-000000000000'::uuid, first_uuid_v7(p_before + interval '1 ms')),
           (first_uuid_v7(clock_timestamp() + interval '1 day'), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
$$;

-- Deletes jobs that ended before the given age, with their trail, document and chunks, the oldest first; what went is
-- written into the trail of the system by its trigger. The trail must say the age too, since others may write to the job, and
-- of all its events the youngest. A job whose trail does not verify stays. Returns how many jobs went; call it again until that is 0. p_ids: only these; p_rule: why, for the trail of the system.
CREATE FUNCTION purge_jobs(p_older_than interval, p_states text[] DEFAULT '{finished,failed,cancelled}',
    p_limit integer DEFAULT 1000, p_actor text DEFAULT 'db:' || session_user, p_ids uuid[] DEFAULT NULL,
    p_rule text DEFAULT NULL) RETURNS integer
-- Planned for each call: one plan for all would read every old job to find the few that are named. Never compiled: that alone takes half a second.
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE gone uuid[]; documents uuid[];
BEGIN
    IF NOT p_states <@ '{finished,failed,cancelled}'::text[] THEN
        RAISE EXCEPTION 'only finished, failed and cancelled jobs can be purged, not %', p_states
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF p_older_than < interval '0' THEN
        RAISE EXCEPTION 'the age must not be negative: %', p_older_than USING ERRCODE = 'invalid_parameter_value';
    END IF;
    WITH old AS (
        SELECT o.* FROM (
            SELECT * FROM ids_that_may_have_ended(clock_timestamp() - p_older_than) WHERE p_ids IS NULL
            UNION ALL SELECT '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff' WHERE p_ids IS NOT NULL
        ) r CROSS JOIN LATERAL (
            SELECT j.id, j.document_id FROM pipeline_jobs j
            WHERE j.id BETWEEN r.first_id AND r.last_id
              AND j.status = ANY (p_states) AND j.finished_at < (SELECT clock_timestamp() - p_older_than)
              AND (p_ids IS NULL OR j.id = ANY (p_ids)) AND NOT EXISTS (SELECT FROM verify_trail(j.id))
              AND (SELECT max(e.at) FROM pipeline_job_events e WHERE e.job_id = j.id) < (SELECT clock_timestamp() - p_older_than)
            ORDER BY j.id LIMIT p_limit FOR UPDATE OF j SKIP LOCKED
        ) o
        LIMIT p_limit
    )
    SELECT array_agg(o.id), array_agg(o.document_id) FILTER (WHERE o.document_id IS NOT NULL)
    INTO gone, documents FROM old o;
    IF gone IS NULL THEN RETURN 0; END IF;

    PERFORM set_config('jobtrail.purging', 'on', true), set_config('jobtrail.purged_by', p_actor, true),
        set_config('jobtrail.purge_rule', coalesce(p_rule, 'ended more than ' || p_older_than || ' ago'), true);
    DELETE FROM pipeline_chunks WHERE job_id = ANY (gone);
    DELETE FROM pipeline_job_prompts WHERE job_id = ANY (gone);
    DELETE FROM pipeline_job_events WHERE job_id = ANY (gone);
    DELETE FROM pipeline_jobs WHERE id = ANY (gone);
    DELETE FROM pipeline_documents d WHERE d.id = ANY (documents)
        AND NOT EXISTS (SELECT FROM pipeline_jobs j WHERE j.document_id = d.id);
    PERFORM set_config('jobtrail.purging', 'off', true), set_config('jobtrail.purged_by', '', true),
        set_config('jobtrail.purge_rule', '', true);
    RETURN cardinality(gone);
END $$;

-- For the owner: lets the processes purge jobs that ended so many days ago; NULL = none. A process that logs in as the owner
-- calls it with RETENTION_DAYS when it starts.
CREATE FUNCTION set_retention(p_days integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_days IS NULL THEN
        DELETE FROM pipeline_retention;
    ELSE
        INSERT INTO pipeline_retention (days) VALUES (p_days)
        ON CONFLICT (only_row) DO UPDATE SET days = excluded.days, changed_at = now(), changed_by = excluded.changed_by;
    END IF;
END $$;

-- What the processes may do with old jobs: purge those that the caller names, as far as they ended so many days ago. Fewer days
-- than the owner has set are refused, and any number if none is set.
CREATE FUNCTION purge_expired_jobs(p_days integer, p_ids uuid[], p_actor text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE allowed CONSTANT integer := (SELECT days FROM pipeline_retention);
BEGIN
    IF allowed IS NULL OR p_days IS NULL OR p_days < allowed THEN
        RAISE EXCEPTION 'jobs are kept %, so none is purged after % days', coalesce('for ' || allowed || ' days', 'for ever'), p_days
            USING ERRCODE = 'insufficient_privilege', HINT = 'The owner of the tables decides that with set_retention().';
    END IF;
    -- The caller chooses its name; that this is what it called stands in front.
    RETURN purge_jobs(make_interval(days => p_days), p_limit => cardinality(p_ids), p_actor => 'retention:' || p_actor,
        p_ids => coalesce(p_ids, '{}'), p_rule => 'RETENTION_DAYS=' || p_days);
END $$;

-- These delete with the owner's rights: temporary tables must not fool them, and strangers may not call them. purge_jobs and
-- set_retention are for the owner only; the other two are bounded in what they reach and are for the processes, here as well as
-- with the role.
DO $$ DECLARE f regprocedure; BEGIN
    FOREACH f IN ARRAY '{"purge_jobs(interval,text[],integer,text,uuid[],text)","purge_expired_jobs(integer,uuid[],text)",
        "set_retention(integer)","remove_unseen_chunks(uuid,integer,integer,integer)"}'::regprocedure[] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', f, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jobtrail_runtime') AND pg_has_role('jobtrail_runtime', 'MEMBER') THEN
        GRANT EXECUTE ON FUNCTION purge_expired_jobs, remove_unseen_chunks TO jobtrail_runtime;
    END IF;
END $$;
