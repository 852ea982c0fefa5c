package io.jobtrail.run;

import java.time.Duration;

/**
 * How long a worker thread waits in Redis and for it.
 *
 * @param pop one blocking pop, in whole seconds: the longest that a stop has to wait for an idle worker
 * @param register until it is registered again for Resque's tools
 * @param askAgain after Redis failed, for so long jobs are claimed without asking it: one that hangs costs seconds each time
 */
record RedisWaits(Duration pop, Duration register, Duration askAgain) {
    static final RedisWaits USUAL = new RedisWaits(Duration.ofSeconds(2), Duration.ofSeconds(5), Duration.ofSeconds(3));
}
