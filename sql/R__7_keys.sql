-- The keys of the realms, and what is remembered about access to the API. Recreated whole.
-- A key is 256 random bits, so its plain SHA-256 is enough: what no list of likely keys holds cannot be guessed from its hash
-- however fast that is, and the hash is what the key is looked up by.

DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
             AND proname IN ('create_api_key', 'revoke_api_key', 'purge_access_events', 'end_session')
    LOOP EXECUTE 'DROP FUNCTION ' || f; END LOOP;
END $$;

-- A key is made and revoked, once, and never anything else: not moved to another realm or role, not revived, not deleted.
CREATE OR REPLACE FUNCTION pipeline_api_keys_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION '% of keys is refused: they are revoked', TG_OP
            USING ERRCODE = 'insufficient_privilege', HINT = 'SELECT revoke_api_key(id)';
    END IF;
    IF (NEW.id, NEW.realm, NEW.role, NEW.label, NEW.key_hash, NEW.created_at, NEW.created_by)
           IS DISTINCT FROM (OLD.id, OLD.realm, OLD.role, OLD.label, OLD.key_hash, OLD.created_at, OLD.created_by)
       OR OLD.revoked_at IS NOT NULL AND (NEW.revoked_at, NEW.revoked_by) IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_by)
       OR (NEW.revoked_at IS NULL) <> (NEW.revoked_by IS NULL) THEN
        RAISE EXCEPTION 'key % cannot be changed, only revoked', OLD.id
            USING ERRCODE = 'insufficient_privilege', HINT = 'Make a new key, and revoke this one.';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER pipeline_api_keys_1_guard BEFORE UPDATE ON pipeline_api_keys
    FOR EACH ROW EXECUTE FUNCTION pipeline_api_keys_guard();
CREATE OR REPLACE TRIGGER pipeline_api_keys_2_keep BEFORE DELETE OR TRUNCATE ON pipeline_api_keys
    FOR EACH STATEMENT EXECUTE FUNCTION pipeline_api_keys_guard();

-- Whoever changes keys, in whatever way, it is remembered.
CREATE OR REPLACE FUNCTION pipeline_api_keys_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pipeline_access_events (kind, actor, key_id, realm, detail)
    SELECT CASE TG_OP WHEN 'INSERT' THEN 'key_created' ELSE 'key_revoked' END,
        CASE TG_OP WHEN 'INSERT' THEN NEW.created_by ELSE NEW.revoked_by END, NEW.id, NEW.realm, NEW.role || ' ' || NEW.label;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER pipeline_api_keys_3_created AFTER INSERT ON pipeline_api_keys
    FOR EACH ROW EXECUTE FUNCTION pipeline_api_keys_changed();
CREATE OR REPLACE TRIGGER pipeline_api_keys_4_revoked AFTER UPDATE ON pipeline_api_keys FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION pipeline_api_keys_changed();

-- p_key_hash: SHA-256 of the key, which is never stored.
CREATE FUNCTION create_api_key(p_id uuid, p_realm text, p_role text, p_label text, p_key_hash bytea,
    p_actor text DEFAULT 'db:' || session_user) RETURNS SETOF pipeline_api_keys LANGUAGE sql AS $$
    INSERT INTO pipeline_api_keys (id, realm, role, label, key_hash, created_by)
    VALUES (p_id, p_realm, p_role, p_label, p_key_hash, p_actor) RETURNING *
$$;

-- Answers the key as it is now; one that was revoked before stays as it is. No row: there is none.
CREATE FUNCTION revoke_api_key(p_id uuid, p_actor text DEFAULT 'db:' || session_user) RETURNS SETOF pipeline_api_keys
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pipeline_api_keys SET revoked_at = clock_timestamp(), revoked_by = p_actor WHERE id = p_id AND revoked_at IS NULL;
    RETURN QUERY SELECT * FROM pipeline_api_keys WHERE id = p_id;
END $$;

-- Whoever signs out ends the session for every copy of its cookie. p_token_hash: SHA-256 of the cookie, which is never stored.
CREATE FUNCTION end_session(p_token_hash bytea, p_expires_at timestamptz) RETURNS void LANGUAGE sql AS $$
    DELETE FROM pipeline_ended_sessions WHERE expires_at < clock_timestamp() - interval '1 hour';
    INSERT INTO pipeline_ended_sessions (token_hash, expires_at) VALUES (p_token_hash, p_expires_at) ON CONFLICT DO NOTHING;
$$;

CREATE OR REPLACE FUNCTION pipeline_access_events_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('jobtrail.purging_access', true) = 'on' THEN RETURN NULL; END IF;
    RAISE EXCEPTION '% on % is refused: it is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Old events leave through purge_access_events().';
END $$;
CREATE OR REPLACE TRIGGER pipeline_access_events_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON pipeline_access_events
    FOR EACH STATEMENT EXECUTE FUNCTION pipeline_access_events_keep();

-- So that nobody fills the disk by knocking: at most the newest 100,000 events, of the last 90 days, are kept. Changes of keys,
-- which only the admin makes, are always. Answers how many went; at most 10,000 go at once.
CREATE FUNCTION purge_access_events() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    gone bigint;
BEGIN
    PERFORM set_config('jobtrail.purging_access', 'on', true);
    WITH old AS (
        SELECT e.id FROM pipeline_access_events e
        WHERE e.kind NOT IN ('key_created', 'key_revoked')
          AND (e.at < clock_timestamp() - interval '90 days'
               OR e.id <= (SELECT max(n.id) - 100000 FROM pipeline_access_events n))
        ORDER BY e.id LIMIT 10000
    )
    DELETE FROM pipeline_access_events e USING old WHERE e.id = old.id;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('jobtrail.purging_access', 'off', true);
    RETURN gone;
END $$;

DO $$ BEGIN
    -- Writes with the owner's rights, see R__1_trail.sql. What it may delete is fixed, so the processes may call it.
    EXECUTE format('ALTER FUNCTION purge_access_events SET search_path = %I, pg_temp', current_schema());
    REVOKE EXECUTE ON FUNCTION purge_access_events FROM PUBLIC;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jobtrail_runtime') AND pg_has_role('jobtrail_runtime', 'MEMBER') THEN
        GRANT SELECT, INSERT ON pipeline_access_events TO jobtrail_runtime;
        REVOKE UPDATE, DELETE, TRUNCATE ON pipeline_access_events FROM jobtrail_runtime;
        GRANT EXECUTE ON FUNCTION purge_access_events TO jobtrail_runtime;
        GRANT SELECT, INSERT, DELETE ON pipeline_ended_sessions TO jobtrail_runtime;
    END IF;
END $$;
