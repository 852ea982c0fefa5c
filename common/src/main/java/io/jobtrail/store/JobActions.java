package io.jobtrail.store;

import static io.jobtrail.store.Database.array;

import io.jobtrail.job.ChangeListener;
import io.jobtrail.job.JobAction;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What is done to jobs from outside, by people and by the retention that they set. The rules are those of
 * {@code sql/R__2_transitions.sql}; false means that the job was not in a state in which this can be done.
 */
public final class JobActions {
    private final Database database;
    private final ChangeListener listener;

    public JobActions(Database database) {
        this(database, ChangeListener.NOBODY);
    }

    /** @param listener hears of what is done here, but for what is purged */
    public JobActions(Database database, ChangeListener listener) {
        this.database = database;
        this.listener = listener;
    }

    /**
     * Puts the job back into its queue with the answer. False: nothing is asked, or not any more.
     *
     * @param name the question that is answered; null = whichever is open
     * @param answer JSON text
     * @param confidence how sure the answer is, from 0 to 1; may be null
     * @param reason null = that it was answered
     */
    public boolean answerPrompt(UUID id, String name, String answer, Double confidence, String actor, String reason) {
        var taken = database.patient()
                .ask(() -> database.first(
                                "SELECT answer_prompt(?, ?::jsonb, ?, ?, ?, ?)",
                                row -> row.getBoolean(1),
                                id,
                                answer,
                                actor,
                                reason,
                                name,
                                confidence)
                        .orElseThrow());
        listener.changed(List.of(id));
        return taken;
    }

    /**
     * What became of one of the jobs that something was to be done to.
     *
     * @param done false: the state that it is in does not allow it
     * @param status the state that it is in now; a job that runs was only asked to stop
     */
    public record Acted(boolean done, JobState status, QueueName queue, String handler) {}

    /**
     * Does the same to all of these jobs, in one commit. A job without an answer does not exist, or is hidden.
     *
     * @param reason null = that of the action
     */
    public Map<UUID, Acted> act(JobAction action, Collection<UUID> ids, String actor, String reason) {
        return act(action, ids, null, actor, reason);
    }

    /** @param from only to those that are in one of these states still when it is done; null = in any that allows it */
    public Map<UUID, Acted> act(
            JobAction action, Collection<UUID> ids, Set<JobState> from, String actor, String reason) {
        var acted = new HashMap<UUID, Acted>();
        database.patient()
                .ask(() -> database.list(
                        "SELECT * FROM " + action.wireName() + "_jobs(?, ?, ?, p_from => ?)",
                        row -> acted.put(
                                row.getObject("job_id", UUID.class),
                                new Acted(
                                        row.getBoolean("done"),
                                        JobState.of(row.getString("status")),
                                        QueueName.of(row.getString("queue")).orElseThrow(),
                                        row.getString("handler"))),
                        array("uuid", List.copyOf(ids)),
                        actor,
                        reason,
                        from == null
                                ? null
                                : array(
                                        "text",
                                        from.stream().map(JobState::wireName).toList())));
        listener.changed(acted.keySet());
        return acted;
    }

    /** A running job is only asked to stop. False: it has ended already, or does not exist. */
    public boolean cancel(UUID id, String actor, String reason) {
        return isDone(JobAction.CANCEL, id, actor, reason);
    }

    public boolean retry(UUID id, String actor, String reason) {
        return isDone(JobAction.RETRY, id, actor, reason);
    }

    private boolean isDone(JobAction action, UUID id, String actor, String reason) {
        var acted = act(action, List.of(id), actor, reason).get(id);
        return acted != null && acted.done();
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
}
