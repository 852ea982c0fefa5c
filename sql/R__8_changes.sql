-- How those who wait hear of changes: what became visible since they looked, each change once. Recreated whole.
-- Transactions commit in another order than they begin, so neither a time nor a sequence says what is new: whoever goes by the largest
-- that was seen misses what commits late. What was seen is a snapshot instead: new is what it does not see. That waits for
-- nobody's transaction, however long it is open.

DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
             AND proname IN ('changes_since', 'trim_changes')
    LOOP EXECUTE 'DROP FUNCTION ' || f; END LOOP;
END $$;

-- The changes that p_to sees and p_from does not, in the order of their ids from p_after on; every row says p_to. Without p_to that
-- is now. It may be earlier, so that much comes in pieces: then it is not the end. One row is answered at least. Lost: some of them
-- are not kept any more, or p_from is of another server.
CREATE FUNCTION changes_since(p_from pg_snapshot, p_to pg_snapshot, p_after bigint, p_limit integer)
RETURNS TABLE (seen pg_snapshot, ended boolean, lost boolean, id bigint, job_ids uuid[], seqs integer[]) LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH scope AS MATERIALIZED (
        SELECT coalesce(m.seen, p_to, pg_current_snapshot()) AS seen, m.seen IS NULL AS ended,
               pg_snapshot_xmax(p_from) > pg_snapshot_xmax(pg_current_snapshot())
               OR EXISTS (SELECT FROM pipeline_change_marks m WHERE m.trimmed
                          AND (pg_snapshot_xmax(m.seen) > pg_snapshot_xmax(p_from)
                               OR EXISTS (SELECT FROM pg_snapshot_xip(p_from) open WHERE pg_visible_in_snapshot(open, m.seen)))) AS lost
        FROM (SELECT) AS always LEFT JOIN LATERAL (
            SELECT m.seen FROM pipeline_change_marks m
            WHERE pg_snapshot_xmax(m.seen) > pg_snapshot_xmax(p_from)
              AND pg_snapshot_xmax(m.seen) < pg_snapshot_xmax(coalesce(p_to, pg_current_snapshot()))
            ORDER BY m.at LIMIT 1) m ON true
    )
    SELECT s.seen, s.ended, s.lost, c.id, c.job_ids, c.seqs
    FROM scope s LEFT JOIN LATERAL (
        SELECT n.* FROM (
            SELECT * FROM pipeline_changes WHERE xid >= pg_snapshot_xmax(p_from)
            UNION ALL
            SELECT * FROM pipeline_changes WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(p_from)))) n
        WHERE n.id > p_after AND pg_visible_in_snapshot(n.xid, s.seen)
        ORDER BY n.id LIMIT p_limit) c ON true
    ORDER BY c.id;
END $$;

-- Takes away changes that everybody has been able to see for so long. What a transaction wrote long ago and commits now has not
-- been; a restored copy of another server's has numbers that are still to come here. Answers how many went.
CREATE FUNCTION trim_changes(p_keep interval DEFAULT '1 hour', p_limit integer DEFAULT 50000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    old pipeline_change_marks; gone bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('jobtrail.changes'));
    DELETE FROM pipeline_change_marks WHERE pg_snapshot_xmax(seen) > pg_snapshot_xmax(pg_current_snapshot());
    INSERT INTO pipeline_change_marks DEFAULT VALUES;
    UPDATE pipeline_change_marks SET trimmed = true
    WHERE at = (SELECT max(at) FROM pipeline_change_marks WHERE at < clock_timestamp() - p_keep)
    RETURNING * INTO old;
    DELETE FROM pipeline_change_marks WHERE at < old.at;
    DELETE FROM pipeline_changes WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM pipeline_changes
        WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()) AND xid <> pg_current_xact_id()
           OR xid < pg_snapshot_xmax(old.seen) AND pg_visible_in_snapshot(xid, old.seen)
        ORDER BY xid LIMIT p_limit));
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;

-- It writes with the owner's rights, see R__1_trail.sql. What it takes away is what nobody reads any more.
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION trim_changes SET search_path = %I, pg_temp', current_schema());
    REVOKE EXECUTE ON FUNCTION trim_changes FROM PUBLIC;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jobtrail_runtime') AND pg_has_role('jobtrail_runtime', 'MEMBER') THEN
        GRANT SELECT ON pipeline_changes, pipeline_change_marks TO jobtrail_runtime;
        GRANT EXECUTE ON FUNCTION trim_changes TO jobtrail_runtime;
    END IF;
END $$;
