package io.jobtrail.run;

import io.jobtrail.job.Job;
import io.jobtrail.job.JobState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** What is measured of attempts: {@code jobtrail.attempt}, {@code jobtrail.run}, {@code jobtrail.claims.lost}. Times nothing itself. */
final class AttemptMeters {
    static final double HIGH_PERCENTILE = 0.95;

    /** The outcome of an attempt whose claim was. */
    static final String LOST = "lost";

    private final MeterRegistry meters;
    private final Timer runs;
    private final Counter claimsLost;

    AttemptMeters(MeterRegistry meters) {
        this.meters = meters;
        runs = Timer.builder("jobtrail.run")
                .description("how long attempts took, of the last minutes")
                .publishPercentiles(0.5, HIGH_PERCENTILE)
                .register(meters);
        claimsLost = Counter.builder("jobtrail.claims.lost")
                .description(
                        "attempts whose job somebody else had when they ended, so that their result was thrown away")
                .register(meters);
    }

    /** @param state that the job was left in; empty when nothing was recorded */
    static String outcome(Optional<JobState> state) {
        return state.map(JobState::wireName).orElse(LOST);
    }

    /** @param nanos from the claim to the record */
    void ended(Job job, Optional<JobState> state, long nanos) {
        Timer.builder("jobtrail.attempt")
                .description("how long attempts took, from the claim to the record, and how they ended")
                .tags("queue", job.queue(), "handler", job.handler(), "outcome", outcome(state))
                .register(meters)
                .record(nanos, TimeUnit.NANOSECONDS);
        runs.record(nanos, TimeUnit.NANOSECONDS);
    }

    void claimLost() {
        claimsLost.increment();
    }
}
