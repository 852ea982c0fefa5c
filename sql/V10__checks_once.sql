-- What a job is given at its start was checked again with each of its transitions, a tenth of what they cost Postgres. Runs once
-- through Flyway, or any number of times through psql.

-- A trigger's condition is evaluated when one of these columns is written, a CHECK with every change of the row. What changes with the
-- state (holder, end, code, progress) is still in CHECKs.
CREATE OR REPLACE FUNCTION pipeline_jobs_invalid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'job % cannot be like this: queue %, realm %, handler %, max_attempts %, timeout_sec %, payload of type %, idempotency key of % characters',
        NEW.id, NEW.queue, NEW.realm, NEW.handler, NEW.max_attempts, NEW.timeout_sec, jsonb_typeof(NEW.payload), length(NEW.idempotency_key)
        USING ERRCODE = 'check_violation',
        HINT = 'Queues are urgent, default and slow; realm and handler have 1 to 64 of A-Z a-z 0-9 _ . -; max_attempts is 1 to 1000, '
               || 'timeout_sec at least 1; the payload is an object; an idempotency key has 1 to 255 characters.';
END $$;
CREATE OR REPLACE TRIGGER pipeline_jobs_0_valid
    BEFORE INSERT OR UPDATE OF queue, realm, handler, max_attempts, timeout_sec, payload, idempotency_key ON pipeline_jobs FOR EACH ROW
    WHEN (NOT (NEW.queue IN ('urgent', 'default', 'slow')
               AND NEW.realm ~ '^[A-Za-z0-9_.-]{1,64}$' AND NEW.handler ~ '^[A-Za-z0-9_.-]{1,64}$'
               AND NEW.max_attempts BETWEEN 1 AND 1000 AND NEW.timeout_sec > 0 AND jsonb_typeof(NEW.payload) = 'object'
               AND (NEW.idempotency_key IS NULL OR length(NEW.idempotency_key) BETWEEN 1 AND 255)))
    EXECUTE FUNCTION pipeline_jobs_invalid();
ALTER TABLE pipeline_jobs
    DROP CONSTRAINT IF EXISTS pipeline_jobs_queue_check,
    DROP CONSTRAINT IF EXISTS pipeline_jobs_realm_check,
    DROP CONSTRAINT IF EXISTS pipeline_jobs_handler_check,
    DROP CONSTRAINT IF EXISTS pipeline_jobs_max_attempts_check,
    DROP CONSTRAINT IF EXISTS pipeline_jobs_timeout_sec_check,
    DROP CONSTRAINT IF EXISTS pipeline_jobs_payload_check,
    DROP CONSTRAINT IF EXISTS pipeline_jobs_idempotency_key_check,
    -- The trigger that guards transitions says as much: a version begins at 1 and only grows.
    DROP CONSTRAINT IF EXISTS pipeline_jobs_version_check;
