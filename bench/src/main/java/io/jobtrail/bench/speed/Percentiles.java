package io.jobtrail.bench.speed;

/** How long things took, by the parts of them that took no longer. */
final class Percentiles {
    private Percentiles() {}

    /** @param millis sorted */
    static void add(Workload.Sink sink, String workload, double[] millis) {
        sink.add(workload, "p50", of(millis, 0.5), "ms");
        sink.add(workload, "p95", of(millis, 0.95), "ms");
        sink.add(workload, "p99", of(millis, 0.99), "ms");
        sink.add(workload, "max", of(millis, 1), "ms");
    }

    /** The smallest value that so large a part of all does not exceed; NaN of nothing. */
    static double of(double[] sorted, double part) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.ceil(part * sorted.length) - 1];
    }
}
