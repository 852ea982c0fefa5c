-- The tables of Jobtrail. Runs once through Flyway, or any number of times through psql.
-- Functions, triggers, views and rights are in the R__ files beside this one, which are recreated whole.

CREATE TABLE IF NOT EXISTS pipeline_queues (
    name        text PRIMARY KEY CHECK (name IN ('urgent', 'default', 'slow')),
    timeout_sec integer NOT NULL CHECK (timeout_sec > 0),   -- limit of one attempt when the job names none
    paused      boolean NOT NULL DEFAULT false,
    changed_at  timestamptz NOT NULL DEFAULT now(),
    changed_by  text NOT NULL DEFAULT 'db:' || session_user
);
INSERT INTO pipeline_queues (name, timeout_sec) VALUES ('urgent', 600), ('default', 1800), ('slow', 3600)
ON CONFLICT (name) DO NOTHING;

-- Names that some worker has registered at least once: only these are accepted at enqueue.
CREATE TABLE IF NOT EXISTS pipeline_handlers (
    name          text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9_.-]{1,64}$'),
    registered_at timestamptz NOT NULL DEFAULT now(),
    seen_at       timestamptz NOT NULL DEFAULT now()
);
INSERT INTO pipeline_handlers (name) VALUES ('process_document') ON CONFLICT (name) DO NOTHING;

CREATE TABLE IF NOT EXISTS pipeline_documents (
    id           uuid PRIMARY KEY,
    filename     text NOT NULL,
    content_type text NOT NULL,
    size         bigint NOT NULL CHECK (size > 0),
    sha256       text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    pages        integer CHECK (pages >= 0),
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS pipeline_document_parts (
    document_id uuid NOT NULL REFERENCES pipeline_documents (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    part        integer NOT NULL CHECK (part >= 0),
    bytes       bytea NOT NULL,
    PRIMARY KEY (document_id, part)
);
-- Documents are mostly compressed already; a second compression costs time and saves nothing.
ALTER TABLE pipeline_document_parts ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- One row per job. The columns under "cause" say who made the newest transition and why: the trail copies them.
-- last_heartbeat_at, stage and progress stand in no index, so that a heartbeat is a HOT update.
CREATE TABLE IF NOT EXISTS pipeline_jobs (
    id                uuid PRIMARY KEY,
    queue             text NOT NULL CHECK (queue IN ('urgent', 'default', 'slow')),
    realm             text NOT NULL DEFAULT 'default' CHECK (realm ~ '^[A-Za-z0-9_.-]{1,64}$'),
    handler           text NOT NULL CHECK (handler ~ '^[A-Za-z0-9_.-]{1,64}$'),
    status            text NOT NULL DEFAULT 'queued' CHECK (status IN
                      ('queued', 'running', 'retrying', 'awaiting_input', 'finished', 'failed', 'cancelled')),
    version           integer NOT NULL DEFAULT 1 CHECK (version > 0),   -- number of transitions, and the worker's fence
    attempt           integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    max_attempts      integer NOT NULL DEFAULT 5 CHECK (max_attempts BETWEEN 1 AND 1000),
    workers_lost      integer NOT NULL DEFAULT 0,                       -- workers that vanished while holding this job
    run_after         timestamptz NOT NULL DEFAULT now(),
    timeout_sec       integer NOT NULL CHECK (timeout_sec > 0),
    document_id       uuid REFERENCES pipeline_documents (id),
    batch_id          uuid,
    payload           jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
    result            jsonb,
    error             text,
    error_code        text,
    stage             text,
    progress          real CHECK (progress BETWEEN 0 AND 1),
    locked_by         text,
    last_heartbeat_at timestamptz,
    cancel_requested  boolean NOT NULL DEFAULT false,
    cancel_actor      text,
    cancel_reason     text,
    idempotency_key   text CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    fingerprint       text,                                             -- of the request, compared when the key comes again
    traceparent       text,
    -- cause of the newest transition
    actor             text NOT NULL DEFAULT 'db:' || session_user,
    reason            text NOT NULL DEFAULT 'MANUAL',
    metadata          jsonb,
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at        timestamptz NOT NULL DEFAULT clock_timestamp(),   -- time of the newest transition
    started_at        timestamptz,                                      -- of the newest attempt
    finished_at       timestamptz,
    deleted_at        timestamptz,                                      -- hidden by an operator; the trail stays
    CONSTRAINT running_has_a_holder CHECK ((status = 'running') = (locked_by IS NOT NULL)),
    CONSTRAINT final_has_an_end CHECK ((status IN ('finished', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CONSTRAINT failed_has_a_code CHECK (status <> 'failed' OR error_code IS NOT NULL)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX IF NOT EXISTS pipeline_jobs_idempotency ON pipeline_jobs (realm, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS pipeline_jobs_claimable ON pipeline_jobs (queue, run_after) WHERE status IN ('queued', 'retrying');
CREATE INDEX IF NOT EXISTS pipeline_jobs_running ON pipeline_jobs (id) WHERE status = 'running';
CREATE INDEX IF NOT EXISTS pipeline_jobs_document ON pipeline_jobs (document_id) WHERE document_id IS NOT NULL;

-- The trail. No foreign key to the job: its check would cost every transition a second lookup, and verify_trail
-- compares both tables anyway. The nil UUID is the trail of the system itself (what was purged).
CREATE TABLE IF NOT EXISTS pipeline_job_events (
    job_id         uuid NOT NULL,
    seq            integer NOT NULL CHECK (seq > 0),
    previous_state text,
    new_state      text NOT NULL,
    attempt        integer NOT NULL,
    actor          text NOT NULL,
    reason         text NOT NULL,
    metadata       jsonb,
    at             timestamptz NOT NULL,
    hash           bytea NOT NULL,
    PRIMARY KEY (job_id, seq)
);

CREATE TABLE IF NOT EXISTS pipeline_job_prompts (
    id          uuid PRIMARY KEY,
    job_id      uuid NOT NULL REFERENCES pipeline_jobs (id),
    name        text NOT NULL,                -- which question of the handler this is
    type        text NOT NULL,
    prompt      jsonb NOT NULL,
    asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    answer      jsonb,
    answered_by text,
    answered_at timestamptz,
    CHECK ((answer IS NULL) = (answered_at IS NULL)),
    UNIQUE (job_id, name)
);
CREATE UNIQUE INDEX IF NOT EXISTS pipeline_job_prompts_open ON pipeline_job_prompts (job_id) WHERE answer IS NULL;

-- Keyed by the claim that wrote them: only those of the attempt that finished the job are ever shown.
CREATE TABLE IF NOT EXISTS pipeline_chunks (
    job_id    uuid NOT NULL,
    version   integer NOT NULL,               -- the job's version while the writing attempt held it
    position  integer NOT NULL CHECK (position >= 0),
    text      text NOT NULL,
    tokens    integer NOT NULL,
    page_from integer,
    page_to   integer,
    embedding real[] NOT NULL,
    PRIMARY KEY (job_id, version, position)
);

CREATE TABLE IF NOT EXISTS pipeline_workers (
    id           text PRIMARY KEY,
    host         text NOT NULL,
    pid          bigint NOT NULL,
    queues       text[] NOT NULL,
    handlers     text[] NOT NULL,
    concurrency  integer NOT NULL,
    running      integer NOT NULL DEFAULT 0,
    app_version  text NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT now(),
    last_beat_at timestamptz NOT NULL DEFAULT now(),
    stopped_at   timestamptz,
    metrics      jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE IF NOT EXISTS pipeline_api_keys (
    id           uuid PRIMARY KEY,
    realm        text NOT NULL,
    role         text NOT NULL CHECK (role IN ('enqueue', 'read', 'operate')),
    label        text NOT NULL,
    key_hash     bytea NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   text NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    revoked_by   text
);
