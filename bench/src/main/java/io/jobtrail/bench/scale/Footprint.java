package io.jobtrail.bench.scale;

import io.jobtrail.bench.Life;
import io.jobtrail.store.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What a job leaves on disk and in the write-ahead log, and how much of that indexes are. */
final class Footprint {
    private static final int WARM_UP = 20;

    private final Connection connection;

    Footprint(Connection owner) {
        connection = owner;
    }

    void onDisk() throws SQLException {
        System.out.println("bytes per job on disk");
        for (var line :
                Database.list(connection, """
                SELECT relname, pg_relation_size(oid) / (SELECT sum(jobs) FROM pipeline_job_counts) AS bytes
                FROM pg_class WHERE relkind IN ('r', 'i', 't') AND (relname ~ '^pipeline_job' OR oid IN (
                    SELECT reltoastrelid FROM pg_class WHERE relname IN ('pipeline_jobs', 'pipeline_job_events')))
                  AND relnamespace IN (current_schema()::regnamespace, 'pg_toast'::regnamespace) AND pg_relation_size(oid) > 1000000
                ORDER BY 2 DESC""", row -> "  %-46s %8.0f".formatted(row.getString(1), row.getDouble(2)))) {
            System.out.println(line);
        }
    }

    /** Other databases of the server must rest, for the log is common to all. Page images after a checkpoint are left out. */
    void ofALife(int batch, int lives) throws SQLException {
        var life = new Life(connection, batch);
        for (int i = 0; i < WARM_UP; i++) {
            life.live();
        }
        flushStatistics();
        var before = numbers();
        for (int i = 0; i < lives; i++) {
            life.live();
        }
        flushStatistics();
        var after = numbers();
        double jobs = (double) lives * batch;
        System.out.printf(
                "%d to a statement: %,.0f bytes of log a job without page images, %.1f records; %.0f %% of the updates of pipeline_jobs are HOT%n",
                batch,
                (after.get(0) - before.get(0) - 8_192 * (after.get(2) - before.get(2))) / jobs,
                (after.get(1) - before.get(1)) / jobs,
                100 * (after.get(4) - before.get(4)) / Math.max(1, after.get(3) - before.get(3)));
        System.out.printf("  entries written into indexes of pipeline_jobs, by the definitions: %s%n", indexWrites());
    }

    /** An entry when a job is made, and one more at each update that is not HOT, if the index holds the row then. */
    private String indexWrites() throws SQLException {
        return "%s at enqueue, %s at claim, %s at completion"
                .formatted(
                        holding("status = 'queued' AND run_after <= now()"),
                        holding("status = 'running'"),
                        holding("status = 'finished'"));
    }

    /** Of the indexes of the table, those that hold a job of this kind, without a key, a document or an error. */
    private int holding(String condition) throws SQLException {
        int held = 0;
        for (var predicate : Database.list(
                connection,
                "SELECT coalesce(pg_get_expr(indpred, indrelid), 'true') FROM pg_index WHERE indrelid = 'pipeline_jobs'::regclass",
                row -> row.getString(1))) {
            var found = Database.list(
                    connection,
                    "SELECT bool_and(" + predicate + ") FROM (SELECT * FROM pipeline_jobs WHERE " + condition
                            + " AND error_code IS NULL ORDER BY id DESC LIMIT 1) j",
                    row -> row.getBoolean(1));
            held += found.get(0) ? 1 : 0;
        }
        return held;
    }

    private void flushStatistics() throws SQLException {
        Database.list(
                connection, "SELECT pg_sleep(1.2)", row -> null); // a connection hands its numbers in once a second
        Database.list(connection, "SELECT 1", row -> null);
    }

    private List<Double> numbers() throws SQLException {
        return Database.list(connection, """
                SELECT unnest(ARRAY[wal_bytes, wal_records, wal_fpi, n_tup_upd, n_tup_hot_upd]::double precision[])
                FROM pg_stat_wal, pg_stat_user_tables WHERE relname = 'pipeline_jobs'""", row -> row.getDouble(1));
    }
}
