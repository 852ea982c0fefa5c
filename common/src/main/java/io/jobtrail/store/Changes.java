package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/**
 * What happened to jobs since somebody looked: each change once, also those of transactions that commit late, in an order in which
 * the changes of one job follow each other. How is told in {@code sql/R__8_changes.sql}. Changes nothing.
 */
public final class Changes {
    private final Database database;

    public Changes(Database database) {
        this.database = database;
    }

    /**
     * A job that was changed.
     *
     * @param seq of its event; 0 = there is none: the job was hidden, shown or purged
     * @param at to go on from after this one
     */
    public record Change(UUID job, int seq, ChangePosition at) {}

    /**
     * @param next to go on from
     * @param lost some changes since the position are not known any more, and these are not all
     * @param more whether there are some behind these already
     */
    public record Page(List<Change> changes, ChangePosition next, boolean lost, boolean more) {}

    /**
     * A change of state as it is told to those who follow.
     *
     * @param at to go on from after it
     * @param previousState null for the first
     * @param errorCode null unless an attempt failed
     */
    public record Event(
            ChangePosition at,
            UUID jobId,
            String realm,
            String queue,
            String handler,
            int seq,
            String previousState,
            String newState,
            int attempt,
            String actor,
            String reason,
            Instant timestamp,
            String errorCode) {}

    /** Past everything that has been committed. */
    public ChangePosition now() {
        return database.first("SELECT pg_current_snapshot()::text", row -> ChangePosition.behind(row.getString(1)))
                .orElseThrow();
    }

    private record Row(String seen, boolean ended, boolean lost, long id, UUID[] jobs, Integer[] seqs) {}

    /**
     * @param end how far to go; null = to what is committed now
     * @param statements how many statements' changes at most
     */
    public Page since(ChangePosition position, ChangePosition end, int statements) {
        var bound = position.to() != null ? position.to() : end == null ? null : end.from();
        // The one that a part is known of comes once more, and is none of those that were asked for.
        int limit = statements + (position.entry() < 0 ? 0 : 1);
        var rows = database.list(
                "SELECT seen::text AS seen, ended, lost, id, job_ids, seqs FROM changes_since(?::pg_snapshot, ?::pg_snapshot, ?, ?)",
                row -> new Row(
                        row.getString("seen"),
                        row.getBoolean("ended"),
                        row.getBoolean("lost"),
                        row.getLong("id"),
                        row.getArray("job_ids") == null
                                ? null
                                : (UUID[]) row.getArray("job_ids").getArray(),
                        row.getArray("seqs") == null
                                ? null
                                : (Integer[]) row.getArray("seqs").getArray()),
                position.from(),
                bound,
                position.statement() - 1,
                limit);
        var seen = rows.get(0).seen();
        var changes = new ArrayList<Change>();
        var last = position;
        for (var row : rows) {
            for (int i = 0; row.jobs() != null && i < row.jobs().length; i++) {
                if (row.id() != position.statement() || i > position.entry()) {
                    last = new ChangePosition(position.from(), seen, row.id(), i);
                    changes.add(new Change(row.jobs()[i], row.seqs()[i], last));
                }
            }
        }
        if (rows.size() == limit && rows.get(0).jobs() != null) {
            return new Page(changes, last, rows.get(0).lost(), true);
        }
        boolean ended = position.to() == null ? rows.get(0).ended() : end != null && seen.equals(end.from());
        return new Page(changes, ChangePosition.behind(seen), rows.get(0).lost(), !ended);
    }

    /**
     * The events of these changes, in their order, of the jobs that are still there.
     *
     * @param realms null = of all
     */
    public List<Event> events(List<Change> changes, Collection<String> realms) {
        var asked = changes.stream().filter(change -> change.seq() > 0).toList();
        if (asked.isEmpty()) {
            return List.of();
        }
        return database.list(
                """
                SELECT e.*, j.realm, j.queue, j.handler, j.version, j.error_code, c.nth
                FROM unnest(?::uuid[], ?::integer[]) WITH ORDINALITY AS c(job_id, seq, nth)
                -- One by one, also with a plan that was made when there were few.
                CROSS JOIN LATERAL (SELECT * FROM pipeline_jobs WHERE id = c.job_id LIMIT 1) j
                CROSS JOIN LATERAL (SELECT * FROM pipeline_job_events WHERE job_id = c.job_id AND seq = c.seq LIMIT 1) e
                WHERE ?::text[] IS NULL OR j.realm = ANY (?) ORDER BY c.nth""",
                row -> event(row, asked.get(row.getInt("nth") - 1)),
                array("uuid", asked.stream().map(Change::job).toList()),
                array("int4", asked.stream().map(Change::seq).toList()),
                texts(realms),
                texts(realms));
    }

    private static Database.SqlArray texts(Collection<String> texts) {
        return texts == null ? null : array("text", List.copyOf(texts));
    }

    /** The row of the job has the code of its newest failure only; the trail has those before it as reasons. */
    private static Event event(ResultSet row, Change change) throws SQLException {
        var state = row.getString("new_state");
        boolean failed = state.equals("failed") || state.equals("retrying");
        boolean newest = row.getInt("version") == change.seq();
        return new Event(
                change.at(),
                change.job(),
                row.getString("realm"),
                row.getString("queue"),
                row.getString("handler"),
                change.seq(),
                row.getString("previous_state"),
                state,
                row.getInt("attempt"),
                row.getString("actor"),
                row.getString("reason"),
                Database.instant(row, "at"),
                failed ? newest ? row.getString("error_code") : row.getString("reason") : null);
    }

    /** Takes away what nobody reads any more; answers how many statements' changes went. */
    public long trim() {
        return database.first("SELECT trim_changes()", row -> row.getLong(1)).orElseThrow();
    }
}
