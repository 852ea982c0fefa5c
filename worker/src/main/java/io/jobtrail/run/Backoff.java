package io.jobtrail.run;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/** How long to wait before the next attempt: exponential with full jitter, so that jobs that failed together come back apart. */
public final class Backoff {
    private final Duration base;
    private final Duration cap;
    private final DoubleSupplier random;

    /**
     * @param base upper bound of the first pause; each further one doubles it
     * @param cap no pause is longer
     * @param random numbers from 0 to 1
     */
    public Backoff(Duration base, Duration cap, DoubleSupplier random) {
        this.base = base;
        this.cap = cap;
        this.random = random;
    }

    /** @param attempt the attempt that failed, from 1 */
    Duration after(int attempt) {
        var bound = Math.min(cap.toMillis(), base.toMillis() * Math.pow(2, Math.min(attempt - 1, 62)));
        return Duration.ofMillis((long) (bound * random.getAsDouble()));
    }
}
