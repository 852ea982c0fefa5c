package io.jobtrail.bench.speed;

import java.time.Duration;

/**
 * How long is measured, and how much.
 *
 * @param backlog how many jobs producers without a rate may be ahead of the handlers
 * @param drainJobs queued before the worker starts
 * @param warmUp before each window, not measured
 * @param documentRounds how often the samples are processed
 */
record Windows(
        int backlog,
        int drainJobs,
        Duration warmUp,
        Duration mix,
        Duration latency,
        Duration http,
        int documentRounds) {
    /** Enough for no worker ever to wait, and few enough for nobody to spend the machine on a queue that grows. */
    static final int BACKLOG = 1_000;

    static final Windows FULL = of(50_000, 5, 30, 12, 10, 2);
    static final Windows SHORT = of(15_000, 3, 10, 5, 5, 1);
    static final Windows QUICK = of(10_000, 2, 5, 3, 3, 1);

    private static Windows of(int drainJobs, int warmUp, int mix, int latency, int http, int documentRounds) {
        return new Windows(
                BACKLOG,
                drainJobs,
                Duration.ofSeconds(warmUp),
                Duration.ofSeconds(mix),
                Duration.ofSeconds(latency),
                Duration.ofSeconds(http),
                documentRounds);
    }
}
