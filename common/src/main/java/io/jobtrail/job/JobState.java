package io.jobtrail.job;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** Where a job stands. The database enforces the same table of transitions ({@code sql/R__1_trail.sql}); a test compares both. */
public enum JobState {
    QUEUED,
    RUNNING,
    /** An attempt failed; the next one is due at {@code run_after}. */
    RETRYING,
    AWAITING_INPUT,
    FINISHED,
    /** All attempts are used up, or the failure was permanent: the dead letters. */
    FAILED,
    CANCELLED;

    /** The states that may follow this one. */
    public Set<JobState> next() {
        return switch (this) {
            case QUEUED, RETRYING -> EnumSet.of(RUNNING, CANCELLED);
            case RUNNING -> EnumSet.of(QUEUED, RETRYING, AWAITING_INPUT, FINISHED, FAILED, CANCELLED);
            case AWAITING_INPUT -> EnumSet.of(QUEUED, FAILED, CANCELLED);
            case FAILED, CANCELLED -> EnumSet.of(QUEUED);
            case FINISHED -> EnumSet.noneOf(JobState.class);
        };
    }

    /** Nothing more happens to the job, unless an operator retries it. */
    public boolean isFinal() {
        return this == FINISHED || this == FAILED || this == CANCELLED;
    }

    /** The name in JSON and in the database. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException naming the allowed values */
    public static JobState of(String wireName) {
        return Arrays.stream(values())
                .filter(state -> state.wireName().equals(wireName))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown state " + wireName));
    }
}
