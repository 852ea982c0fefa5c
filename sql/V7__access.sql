-- What happens at the door of the API. Runs once through Flyway, or any number of times through psql.

-- Refusals and sign-ins are counted and written together, many to a row; each change of a key is a row of its own.
CREATE TABLE IF NOT EXISTS pipeline_access_events (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind    text NOT NULL CHECK (kind IN
            ('key_created', 'key_revoked', 'signed_in', 'refused_key', 'refused_realm', 'refused_role', 'refused_csrf')),
    actor   text,               -- who it was, as far as is known
    address text,
    key_id  uuid,               -- the key that was used, or that was changed
    realm   text,               -- of that key
    detail  text,               -- the route, and what else belongs to it
    times   integer NOT NULL DEFAULT 1 CHECK (times > 0)
);

DO $$ BEGIN
    ALTER TABLE pipeline_api_keys DROP CONSTRAINT IF EXISTS pipeline_api_keys_realm_check,
        DROP CONSTRAINT IF EXISTS pipeline_api_keys_label_check, DROP CONSTRAINT IF EXISTS pipeline_api_keys_key_hash_check;
    ALTER TABLE pipeline_api_keys ADD CONSTRAINT pipeline_api_keys_realm_check CHECK (realm ~ '^[A-Za-z0-9_.-]{1,64}$'),
        ADD CONSTRAINT pipeline_api_keys_label_check CHECK (length(label) BETWEEN 1 AND 64),
        ADD CONSTRAINT pipeline_api_keys_key_hash_check CHECK (octet_length(key_hash) = 32);
END $$;
