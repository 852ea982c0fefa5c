package io.jobtrail.job;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What a person can do to a job. Which states allow it follows from {@link JobState}. */
public enum JobAction {
    /** Ends it, or asks the worker that runs it to stop. */
    CANCEL,
    /** Queues it again, with a fresh allowance of attempts. */
    RETRY,
    /** Cancels it if it has not ended, and hides it; its trail is kept. */
    DELETE;

    /** The states in which it can be done. */
    public Set<JobState> from() {
        return Arrays.stream(JobState.values())
                .filter(state -> switch (this) {
                    case CANCEL -> state.next().contains(JobState.CANCELLED);
                    case RETRY -> state.isFinal() && state.next().contains(JobState.QUEUED);
                    case DELETE -> true;
                })
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(JobState.class)));
    }

    /** The name in JSON. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<JobAction> of(String wireName) {
        return Arrays.stream(values())
                .filter(action -> action.wireName().equals(wireName))
                .findFirst();
    }
}
