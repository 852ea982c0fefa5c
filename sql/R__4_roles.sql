-- The role the processes run as: it makes transitions, and cannot write or change an event; events leave with jobs that are older
-- than the owner has set, through purge_expired_jobs, and in no other way.
-- Where the migrating user may not create roles, the processes run as that user and the triggers alone protect the trail.
-- Roles belong to the whole server: one of this name that the migrating user has no part in is somebody else's, and gets
-- no rights here.

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'jobtrail_runtime') THEN
        CREATE ROLE jobtrail_runtime NOLOGIN;
        EXECUTE format('GRANT jobtrail_runtime TO %I', current_user);   -- from 16 on a creator may not take it otherwise
    ELSIF NOT pg_has_role('jobtrail_runtime', 'MEMBER') THEN
        EXECUTE format('GRANT jobtrail_runtime TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'no right to create or grant the role jobtrail_runtime: the processes will run as %', current_user;
    WHEN duplicate_object OR unique_violation THEN NULL;   -- another database of this server is being migrated right now
END $$;

DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jobtrail_runtime') AND pg_has_role('jobtrail_runtime', 'MEMBER') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO jobtrail_runtime', current_schema());
        GRANT SELECT ON pipeline_jobs, pipeline_job_events, pipeline_job_prompts, pipeline_documents, pipeline_document_parts,
            pipeline_chunks, pipeline_workers, pipeline_handlers, pipeline_queues, pipeline_api_keys, pipeline_retention,
            dead_letter_jobs, job_queue_stats, running_jobs_monitor, job_timing_stats, stage_distribution, job_attempts,
            job_results, stuck_jobs TO jobtrail_runtime;
        -- So that a process whose login is a member of the role and no more can see that nothing is left to migrate.
        IF to_regclass('flyway_schema_history') IS NOT NULL THEN
            GRANT SELECT ON flyway_schema_history TO jobtrail_runtime;
        END IF;
        GRANT INSERT, UPDATE ON pipeline_jobs, pipeline_job_prompts, pipeline_workers, pipeline_handlers, pipeline_api_keys
            TO jobtrail_runtime;
        GRANT UPDATE ON pipeline_queues TO jobtrail_runtime;
        GRANT SELECT, INSERT, UPDATE ON pipeline_sweeps TO jobtrail_runtime;
        GRANT INSERT ON pipeline_documents, pipeline_document_parts, pipeline_chunks TO jobtrail_runtime;
        -- For a document whose job was not accepted; a foreign key protects those of jobs.
        GRANT DELETE ON pipeline_documents TO jobtrail_runtime;
        GRANT DELETE ON pipeline_workers TO jobtrail_runtime;
        GRANT EXECUTE ON FUNCTION purge_expired_jobs, remove_unseen_chunks TO jobtrail_runtime;
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON pipeline_job_events FROM jobtrail_runtime;
        REVOKE DELETE, TRUNCATE ON pipeline_jobs FROM jobtrail_runtime;
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON pipeline_retention FROM jobtrail_runtime;
        REVOKE DELETE ON pipeline_document_parts, pipeline_chunks FROM jobtrail_runtime;
    END IF;
END $$;
