-- Pausing a queue: no job of it is claimed until it is resumed; what runs goes on, and what is sent is accepted. Recreated whole.
-- Who changed it and why stands in pipeline_queues, and for every change in the trail of the system, whoever makes it.

DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
             AND proname IN ('change_queue', 'pause_queue', 'resume_queue')
    LOOP EXECUTE 'DROP FUNCTION ' || f; END LOOP;
END $$;

-- A change written by hand names nobody: then it was the database user.
CREATE OR REPLACE FUNCTION pipeline_queues_manual() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := clock_timestamp();
    NEW.changed_by := 'db:' || session_user;
    NEW.reason := 'MANUAL';
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER pipeline_queues_1_manual BEFORE UPDATE ON pipeline_queues FOR EACH ROW
    WHEN (OLD.paused <> NEW.paused AND OLD.changed_at = NEW.changed_at) EXECUTE FUNCTION pipeline_queues_manual();

CREATE OR REPLACE FUNCTION pipeline_queues_trail() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM append_to_system_trail(CASE WHEN NEW.paused THEN 'paused' ELSE 'resumed' END, NEW.changed_by,
        coalesce(NEW.reason, CASE WHEN NEW.paused THEN 'PAUSED' ELSE 'RESUMED' END), jsonb_build_object('queue', NEW.name));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER pipeline_queues_2_trail AFTER UPDATE ON pipeline_queues FOR EACH ROW
    WHEN (OLD.paused <> NEW.paused) EXECUTE FUNCTION pipeline_queues_trail();
-- It writes with the owner's rights, see R__1_trail.sql.
DO $$ DECLARE f CONSTANT regprocedure := 'pipeline_queues_trail()'; BEGIN
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', f, current_schema());
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
END $$;

CREATE FUNCTION change_queue(p_queue text, p_paused boolean, p_actor text, p_reason text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pipeline_queues SET paused = p_paused, changed_at = clock_timestamp(), changed_by = p_actor, reason = p_reason
    WHERE name = p_queue AND paused <> p_paused;
    IF FOUND THEN RETURN true; END IF;
    IF NOT EXISTS (SELECT FROM pipeline_queues WHERE name = p_queue) THEN
        RAISE EXCEPTION 'there is no queue %', p_queue USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN false;
END $$;

-- false: it is paused already, and what that was for stands.
CREATE FUNCTION pause_queue(p_queue text, p_actor text DEFAULT 'db:' || session_user, p_reason text DEFAULT NULL)
RETURNS boolean LANGUAGE sql AS $$
    SELECT change_queue(p_queue, true, p_actor, p_reason)
$$;

-- false: it is not paused.
CREATE FUNCTION resume_queue(p_queue text, p_actor text DEFAULT 'db:' || session_user, p_reason text DEFAULT NULL)
RETURNS boolean LANGUAGE sql AS $$
    SELECT change_queue(p_queue, false, p_actor, p_reason)
$$;
