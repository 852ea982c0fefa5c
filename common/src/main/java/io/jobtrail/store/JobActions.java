package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * What is done to jobs from outside, by people and by the retention that they set. The rules are those of
 * {@code sql/R__2_transitions.sql}; false means that the job was not in a state in which this can be done.
 */
public final class JobActions {
    private final Database database;

    public JobActions(Database database) {
        this.database = database;
    }

    /**
     * Puts the job back into its queue with the answer. False: nothing is asked, or not any more.
     *
     * @param name the question that is answered; null = whichever is open
     * @param answer JSON text
     */
    public boolean answerPrompt(UUID id, String name, String answer, String actor, String reason) {
        return isTrue("SELECT answer_prompt(?, ?::jsonb, ?, ?, ?)", id, answer, actor, reason, name);
    }

    /** A running job is only asked to stop. False: it has ended already, or does not exist. */
    public boolean cancel(UUID id, String actor, String reason) {
        return isTrue("SELECT cancel_job(?, ?, ?)", id, actor, reason);
    }

    public boolean retry(UUID id, String actor, String reason) {
        return isTrue("SELECT retry_job(?, ?, ?)", id, actor, reason);
    }

    /**
     * Deletes these jobs, with their trail, document and chunks, as far as they ended so many days ago and their trail verifies.
     *
     * @param patience longest time this may take; after it nothing was deleted, and the failure says 57014
     * @return how many went
     */
    public int purgeExpired(int days, List<UUID> ids, Duration patience, String actor) {
        return database.inTransaction(connection -> {
            Database.update(connection, "SET LOCAL statement_timeout = " + patience.toMillis());
            return Database.list(
                            connection,
                            "SELECT purge_expired_jobs(?, ?, ?)",
                            row -> row.getInt(1),
                            days,
                            array("uuid", ids),
                            actor)
                    .get(0);
        });
    }

    private boolean isTrue(String question, Object... parameters) {
        return database.first(question, row -> row.getBoolean(1), parameters).orElseThrow();
    }
}
