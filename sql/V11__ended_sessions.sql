-- Sessions that somebody has ended by signing out. Runs once through Flyway, or any number of times through psql.

-- A session is a signed cookie, which no table knows. Here stand those that must not be believed any more, by the SHA-256 of the
-- cookie, until they would have expired: end_session takes out what has.
CREATE TABLE IF NOT EXISTS pipeline_ended_sessions (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    expires_at timestamptz NOT NULL
);
