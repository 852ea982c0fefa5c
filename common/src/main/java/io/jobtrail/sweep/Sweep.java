package io.jobtrail.sweep;

import java.time.Duration;

/** One duty of the {@link Sweeper}. What it does must be harmless when it is done twice, or by several processes in turn. */
public interface Sweep {
    /** For the log, and for the lock under which only one process at a time does it. */
    String name();

    /** From the end of one run to the next. */
    Duration interval();

    /** Done by any process, it is done for all of them. */
    default boolean isShared() {
        return true;
    }

    /**
     * Does a bounded piece of the work; the other duties wait meanwhile.
     *
     * @return the pause until the next run: the interval, or less when there is more to do
     */
    Duration run();
}
