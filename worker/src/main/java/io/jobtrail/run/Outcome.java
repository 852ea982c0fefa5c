package io.jobtrail.run;

import io.jobtrail.job.Claim;
import io.jobtrail.job.JobState;
import io.jobtrail.store.JobStore;
import java.time.Duration;
import java.util.Optional;

/** How an attempt ended. Each ending knows how it is recorded; empty means that the claim was lost and nothing was written. */
sealed interface Outcome {
    Optional<JobState> recordIn(JobStore store, Claim claim);

    /** @param result JSON text */
    record Finished(String result) implements Outcome {
        @Override
        public Optional<JobState> recordIn(JobStore store, Claim claim) {
            return store.complete(claim, result) ? Optional.of(JobState.FINISHED) : Optional.empty();
        }
    }

    /**
     * A person has to answer first.
     *
     * @param prompt JSON text
     */
    record Asked(String name, String type, String prompt) implements Outcome {
        @Override
        public Optional<JobState> recordIn(JobStore store, Claim claim) {
            return store.askPerson(claim, name, type, prompt) ? store.leftAs(claim) : Optional.empty();
        }
    }

    /** Failed in a way that another attempt may mend, if one is left. */
    record Retry(String code, String error, Duration delay) implements Outcome {
        @Override
        public Optional<JobState> recordIn(JobStore store, Claim claim) {
            return store.fail(claim, code, error, false, delay).map(JobStore.AfterFailure::status);
        }
    }

    /** Failed for good. */
    record Failed(String code, String error) implements Outcome {
        @Override
        public Optional<JobState> recordIn(JobStore store, Claim claim) {
            return store.fail(claim, code, error, true, Duration.ZERO).map(JobStore.AfterFailure::status);
        }
    }

    record Cancelled() implements Outcome {
        @Override
        public Optional<JobState> recordIn(JobStore store, Claim claim) {
            return store.finishCancelled(claim) ? Optional.of(JobState.CANCELLED) : Optional.empty();
        }
    }

    /** The worker has to stop, or could not renew the claim; the job is not to blame. */
    record GivenBack(String reason) implements Outcome {
        @Override
        public Optional<JobState> recordIn(JobStore store, Claim claim) {
            return store.giveBack(claim, reason);
        }
    }

    /** The claim is gone: whatever this attempt produced is thrown away. */
    record Lost() implements Outcome {
        @Override
        public Optional<JobState> recordIn(JobStore store, Claim claim) {
            return Optional.empty();
        }
    }
}
