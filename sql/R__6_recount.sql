-- Counts the jobs that were there before they were counted. A script of its own, because the one before it locks the table of
-- the jobs until it is committed, and counting may take long. Where there is nothing to correct it only reads.
SELECT count(*) AS corrected FROM recount_jobs();
