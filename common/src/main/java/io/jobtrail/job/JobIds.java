package io.jobtrail.job;

import java.security.SecureRandom;
import java.util.UUID;

/**
 * Makes the ids of jobs and documents: RFC 9562 version 7, so that they sort by age. Ids of one process keep their order
 * within a millisecond too, because the twelve bits after the time count upwards.
 */
public final class JobIds {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static long newest; // milliseconds << 12 | counter

    private JobIds() {}

    public static UUID next() {
        var high = nextTimeAndCounter();
        var time = high >>> 12;
        return new UUID(
                time << 16 | 0x7000 | high & 0xFFF, RANDOM.nextLong() & 0x3FFFFFFFFFFFFFFFL | 0x8000000000000000L);
    }

    private static synchronized long nextTimeAndCounter() {
        newest = Math.max(newest + 1, System.currentTimeMillis() << 12);
        return newest;
    }
}
