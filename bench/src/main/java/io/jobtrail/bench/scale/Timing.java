package io.jobtrail.bench.scale;

import java.util.Arrays;

/** How long something takes when it is done again and again. */
record Timing(double median, double longest) {
    private static final int TIMES = 11;

    /** In milliseconds; the first is left out, since it plans and fills caches. */
    static Timing of(Runnable work) {
        work.run();
        var times = new double[TIMES];
        for (int i = 0; i < TIMES; i++) {
            var start = System.nanoTime();
            work.run();
            times[i] = (System.nanoTime() - start) / 1e6;
        }
        Arrays.sort(times);
        return new Timing(times[TIMES / 2], times[TIMES - 1]);
    }

    @Override
    public String toString() {
        return "%8.1f %8.1f".formatted(median, longest);
    }
}
