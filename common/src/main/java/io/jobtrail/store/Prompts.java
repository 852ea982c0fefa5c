package io.jobtrail.store;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** What jobs ask people, and what was answered. Changes nothing: jobs ask through {@link JobStore}, people answer through {@link JobActions}. */
public final class Prompts {
    private final Database database;

    public Prompts(Database database) {
        this.database = database;
    }

    /**
     * What is asked now.
     *
     * @param name which question of the job's handler this is
     * @param prompt JSON text
     */
    public record Open(String name, String type, String prompt, Instant askedAt) {}

    /** Empty when nothing is asked, or not any more. */
    public Optional<Open> open(UUID job) {
        return database.first(
                "SELECT name, type, prompt, asked_at FROM pipeline_job_prompts WHERE job_id = ? AND answer IS NULL",
                row -> new Open(
                        row.getString("name"),
                        row.getString("type"),
                        row.getString("prompt"),
                        Database.instant(row, "asked_at")),
                job);
    }

    /**
     * An answer, with what it answers.
     *
     * @param answer JSON text
     * @param confidence from 0 to 1; null when nothing was said about it
     * @param by who answered, as in the trail
     * @param prompt JSON text
     */
    public record Answered(String answer, Double confidence, String by, Instant at, String prompt) {}

    /** Empty when this was not asked, or not answered. */
    public Optional<Answered> answered(UUID job, String name) {
        return database.first(
                """
                SELECT answer, confidence, answered_by, answered_at, prompt FROM pipeline_job_prompts
                WHERE job_id = ? AND name = ? AND answer IS NOT NULL""",
                row -> new Answered(
                        row.getString("answer"),
                        row.getObject("confidence", Double.class),
                        row.getString("answered_by"),
                        Database.instant(row, "answered_at"),
                        row.getString("prompt")),
                job,
                name);
    }
}
