-- How sure the person was who answered. Runs once through Flyway, or any number of times through psql.
ALTER TABLE pipeline_job_prompts ADD COLUMN IF NOT EXISTS confidence double precision CHECK (confidence BETWEEN 0 AND 1);
