package io.jobtrail.store;

import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobFilter;
import io.jobtrail.job.JobState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Lists of jobs by any filter, newest first, in a time that does not grow with the table. Each list takes its candidates from
 * one index, in the order of the ids, and tries the filter on these. Must not change anything.
 */
public final class JobList {
    /** All of a job but its two values without a bound, payload and result. */
    static final String BOUNDED = """
            id, status, queue, realm, handler, stage, progress, attempt, max_attempts, version, error, error_code, created_at,
            started_at, finished_at, run_after, last_heartbeat_at, cancel_requested, document_id, batch_id,
            (SELECT q.paused FROM pipeline_queues q WHERE q.name = queue) AS queue_paused""";

    /** Five hundred jobs with values of this many bytes of JSON text are a few megabytes. */
    private static final int MAX_LISTED_BYTES = 4096;

    /** Text is in no index: so many jobs are tried for a page. The file name may have to be unpacked with the payload. */
    private static final int LOOK_AT_TEXT = 500;

    private static final String FIRST_ID = "00000000-0000-0000-0000-000000000000";
    private static final String LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

    /** Shorter ones are more likely to be a part of something else. */
    private static final int SHORTEST_ID = 8;

    private final Database database;

    JobList(Database database) {
        this.database = database;
    }

    /**
     * A part of a list.
     *
     * @param jobs may be fewer than the filter's limit, even none, when {@code next} says that there is more to look at
     * @param next what {@link JobFilter#before} has to be for the next page; null = this was the last one
     */
    public record Page(List<JobDetails> jobs, UUID next) {}

    Page page(JobFilter filter) {
        var before = filter.before() == null ? LAST_ID : filter.before().toString();
        var id = filter.search() == null ? Optional.<Range>empty() : Range.ofIdsThatBegin(filter.search());
        if (id.isPresent() && isTaken(id.get())) {
            return page(filter, new Statement(filter.limit()).ids(id.get(), before), null);
        }
        var text = filter.search();
        var statement = new Statement(text == null ? filter.limit() : Math.max(filter.limit(), LOOK_AT_TEXT));
        var hasKind =
                filter.states() != null || filter.queue() != null || filter.realm() != null || filter.handler() != null;
        if (filter.batch() != null) {
            return page(filter, statement.batch(filter, before), text);
        }
        return page(
                filter,
                hasKind || filter.errorCode() != null ? statement.kinds(filter, before) : statement.newest(before),
                text);
    }

    private Page page(JobFilter filter, Statement statement, String text) {
        statement.thoseThat(filter, text);
        var jobs = new ArrayList<JobDetails>();
        var lookedTo = new ArrayList<UUID>();
        database.list(
                statement.sql.toString(),
                row -> {
                    lookedTo.add(row.getObject("looked_to", UUID.class));
                    return row.getObject("id") == null || jobs.add(details(row));
                },
                statement.parameters.toArray());
        return new Page(
                jobs, jobs.size() == filter.limit() ? jobs.get(jobs.size() - 1).id() : lookedTo.get(0));
    }

    /** How many jobs there are that the filter wants, wherever its page begins. Its text is not looked at. */
    long count(JobFilter filter) {
        var statement = new Statement(0);
        // Jobs with an error code and those of a batch are few, and indexes have them together; the sums do not know
        // them.
        if (filter.errorCode() == null && filter.batch() == null) {
            statement.add("SELECT coalesce(sum(jobs), 0) FROM pipeline_job_counts WHERE true");
        } else {
            statement
                    .add("SELECT count(*) FROM pipeline_jobs WHERE deleted_at IS NULL")
                    .addIf(filter.errorCode(), "AND error_code = ?")
                    .addIf(filter.batch(), "AND batch_id = ?");
        }
        statement.kind(filter);
        return database.first(statement.sql.toString(), row -> row.getLong(1), statement.parameters.toArray())
                .orElseThrow();
    }

    private boolean isTaken(Range ids) {
        return database.first(
                        "SELECT EXISTS (SELECT FROM pipeline_jobs WHERE id BETWEEN ?::uuid AND ?::uuid AND deleted_at IS NULL)",
                        row -> row.getBoolean(1),
                        ids.first,
                        ids.last)
                .orElseThrow();
    }

    /** The ids with one beginning. */
    private record Range(String first, String last) {
        static Optional<Range> ofIdsThatBegin(String text) {
            if (text.length() < SHORTEST_ID || text.length() > FIRST_ID.length()) {
                return Optional.empty();
            }
            var range = new Range(text + FIRST_ID.substring(text.length()), text + LAST_ID.substring(text.length()));
            return range.first.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
                    ? Optional.of(range)
                    : Optional.empty();
        }
    }

    /** Candidates in the order of an index, and then those of them that the filter wants. */
    private static final class Statement {
        private final StringBuilder sql = new StringBuilder();
        private final List<Object> parameters = new ArrayList<>();
        private final int look;

        Statement(int look) {
            this.look = look;
        }

        private Statement add(String part, Object... values) {
            sql.append(part).append('\n');
            parameters.addAll(List.of(values));
            return this;
        }

        private Statement addIf(Object value, String part) {
            return value == null ? this : add(part, value);
        }

        Statement newest(String before) {
            return add("""
                    WITH candidates AS MATERIALIZED (
                        SELECT id FROM pipeline_jobs WHERE id < ?::uuid ORDER BY id DESC LIMIT ?)""", before, look);
        }

        /** All jobs of the batch, which are few, and then those that the filter wants: a page is as full as it can be. */
        Statement batch(JobFilter filter, String before) {
            return add("""
                    WITH batch AS MATERIALIZED (
                        SELECT id, status, queue, realm, handler, error_code FROM pipeline_jobs
                        WHERE batch_id = ? AND id < ?::uuid AND deleted_at IS NULL
                    ), candidates AS MATERIALIZED (SELECT id FROM batch WHERE true""", filter.batch(), before)
                    .kind(filter)
                    .addIf(filter.errorCode(), "AND error_code = ?")
                    .add("ORDER BY id DESC LIMIT ?)", look);
        }

        Statement ids(Range range, String before) {
            return add("""
                    WITH candidates AS MATERIALIZED (
                        SELECT id FROM pipeline_jobs WHERE id BETWEEN ?::uuid AND ?::uuid AND id < ?::uuid
                        ORDER BY id DESC LIMIT ?)""", range.first, range.last, before, look);
        }

        /**
         * The counts know which kinds of jobs there are, so what the filter leaves open is filled in from them, and what does
         * not exist is not looked for. The newest jobs of each kind, as many as it takes for a look if all had as many, say how
         * far back the look can go at most; then each kind is read as far as that.
         *
         * <p>The planner must take the index on kinds, since by the primary key all jobs are read to find a few: so the state is
         * compared in a way that leaves it in the order asked for, and the second bound of the ids as a pair, because two plain
         * ones are taken for a narrow range.
         */
        Statement kinds(JobFilter filter, String before) {
            var code = filter.errorCode() == null ? "" : "AND j.error_code = ?";
            var codes = filter.errorCode() == null ? List.of() : List.of(filter.errorCode());
            add("WITH kinds AS MATERIALIZED (SELECT status, queue, realm, handler FROM pipeline_job_counts WHERE true");
            kind(filter);
            add("""
                    GROUP BY 1, 2, 3, 4 HAVING sum(jobs) > 0
                    ), newest AS MATERIALIZED (
                        SELECT k.*, n.id FROM kinds k CROSS JOIN LATERAL (
                            SELECT j.id FROM pipeline_jobs j
                            WHERE j.status = ANY (ARRAY[k.status]) AND j.queue = k.queue AND j.realm = k.realm AND j.handler = k.handler""");
            add(code, codes.toArray());
            add("AND j.id < ?::uuid", before);
            add("""
                            ORDER BY j.status DESC, j.id DESC LIMIT (SELECT ceil(?::float / count(*)) FROM kinds)) n
                        ORDER BY n.id DESC LIMIT ?
                    ), candidates AS MATERIALIZED (
                        SELECT c.id FROM (SELECT DISTINCT status, queue, realm, handler FROM newest) k CROSS JOIN LATERAL (
                            SELECT j.id FROM pipeline_jobs j
                            WHERE j.status = ANY (ARRAY[k.status]) AND j.queue = k.queue AND j.realm = k.realm AND j.handler = k.handler""", look, look);
            add(code, codes.toArray());
            return add("""
                              AND j.id < ?::uuid
                              AND (j.id, j.id) >= (SELECT b.id, b.id FROM (
                                  SELECT coalesce((SELECT id FROM newest ORDER BY id DESC OFFSET ? LIMIT 1), ?::uuid)) b(id))
                            ORDER BY j.status DESC, j.id DESC LIMIT ?) c
                        ORDER BY c.id DESC LIMIT ?)""", before, look - 1, FIRST_ID, look, look);
        }

        private Statement kind(JobFilter filter) {
            return addIf(states(filter), "AND status = ANY (?)")
                    .addIf(filter.queue() == null ? null : filter.queue().wireName(), "AND queue = ?")
                    .addIf(filter.realm(), "AND realm = ?")
                    .addIf(filter.handler(), "AND handler = ?");
        }

        private static Database.SqlArray states(JobFilter filter) {
            return filter.states() == null
                    ? null
                    : Database.array(
                            "text",
                            filter.states().stream().map(JobState::wireName).toList());
        }

        /** One row even when there is none, to say how far the look went: as far as the last candidate if there may be more. */
        void thoseThat(JobFilter filter, String text) {
            add("""
                    SELECT (SELECT id FROM candidates ORDER BY id DESC OFFSET ? LIMIT 1) AS looked_to, listed.*
                    FROM (SELECT) AS always LEFT JOIN (SELECT""", look - 1);
            add("j." + BOUNDED);
            add("""
                    , (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(payload)
                       WHERE octet_length(value::text) <= ?) AS payload,
                    -- The stored size first: it is known without unpacking, and already too large for what is largest.
                    CASE WHEN pg_column_size(result) <= ? THEN CASE WHEN octet_length(result::text) <= ? THEN result END END AS result
                    -- Fenced, so that each is looked up by its id: the planner may think that reading all jobs is as quick.
                    FROM candidates c CROSS JOIN LATERAL (SELECT * FROM pipeline_jobs j WHERE j.id = c.id OFFSET 0) j
                    WHERE deleted_at IS NULL""", MAX_LISTED_BYTES, MAX_LISTED_BYTES, MAX_LISTED_BYTES);
            kind(filter).addIf(filter.errorCode(), "AND error_code = ?").addIf(filter.batch(), "AND batch_id = ?");
            if (text != null) {
                var pattern = "%" + text.replaceAll("([%_\\\\])", "\\\\$1") + "%";
                add("AND (payload->>'filename' ILIKE ? OR error ILIKE ?)", pattern, pattern);
            }
            add("ORDER BY j.id DESC LIMIT ?) AS listed ON true ORDER BY listed.id DESC", filter.limit());
        }
    }

    static JobDetails details(ResultSet row) throws SQLException {
        return new JobDetails(
                row.getObject("id", UUID.class),
                JobState.of(row.getString("status")),
                row.getString("queue"),
                row.getString("realm"),
                row.getString("handler"),
                row.getString("stage"),
                nullableDouble(row, "progress"),
                row.getInt("attempt"),
                row.getInt("max_attempts"),
                row.getInt("version"),
                row.getString("payload"),
                row.getString("result"),
                row.getString("error"),
                row.getString("error_code"),
                Database.instant(row, "created_at"),
                Database.instant(row, "started_at"),
                Database.instant(row, "finished_at"),
                Database.instant(row, "run_after"),
                Database.instant(row, "last_heartbeat_at"),
                row.getBoolean("cancel_requested"),
                row.getObject("document_id", UUID.class),
                row.getObject("batch_id", UUID.class),
                row.getBoolean("queue_paused"));
    }

    static Double nullableDouble(ResultSet row, String column) throws SQLException {
        var value = row.getFloat(column);
        return row.wasNull() ? null : Math.round(value * 1e4) / 1e4;
    }
}
