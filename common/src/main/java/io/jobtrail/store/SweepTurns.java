package io.jobtrail.store;

import java.time.Duration;

/** When a sweep that all processes share is due again, by the clock of the database. Must not know what is swept. */
public final class SweepTurns {
    private final Database database;

    public SweepTurns(Database database) {
        this.database = database;
    }

    /**
     * @param longest a time further ahead was written before the database's clock was set back, and is not waited for
     * @return zero = now
     */
    public Duration dueIn(String sweep, Duration longest) {
        return database.first("""
                SELECT ceil(extract(epoch FROM due_at - clock_timestamp()) * 1000)::bigint FROM pipeline_sweeps
                WHERE name = ? AND due_at > clock_timestamp()
                  AND due_at <= clock_timestamp() + ? * interval '1 ms'""", row -> Duration.ofMillis(Math.max(1, row.getLong(1))), sweep, longest.toMillis())
                .orElse(Duration.ZERO);
    }

    public void done(String sweep, Duration pause) {
        database.update("""
                INSERT INTO pipeline_sweeps (name, due_at) VALUES (?, clock_timestamp() + ? * interval '1 ms')
                ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at""", sweep, pause.toMillis());
    }
}
