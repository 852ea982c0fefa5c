package io.jobtrail.sweep;

import io.jobtrail.store.JobCounts;
import java.time.Duration;

/** Puts together what the changes of jobs have appended to their counts, so that reading these stays quick. Changes no sum. */
public final class FoldCounts implements Sweep {
    private final JobCounts counts;

    public FoldCounts(JobCounts counts) {
        this.counts = counts;
    }

    @Override
    public String name() {
        return "counts";
    }

    /** At thousands of statements a second that is some tens of thousands of rows, which are added up in a few milliseconds. */
    @Override
    public Duration interval() {
        return Duration.ofSeconds(10);
    }

    @Override
    public Duration run() {
        counts.fold();
        return interval();
    }
}
