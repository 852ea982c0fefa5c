package io.jobtrail.bench.speed.report;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The values of one metric by run. Ratios are formed within a run, so that what disturbed a run disturbs both sides. */
record Series(Map<Integer, Double> byRun) {
    /** This divided by the other, for the runs that have both. */
    Series over(Series divisor) {
        var ratios = new TreeMap<Integer, Double>();
        byRun.forEach((run, value) -> {
            double ratio = value / divisor.byRun.getOrDefault(run, Double.NaN);
            if (Double.isFinite(ratio)) {
                ratios.put(run, ratio);
            }
        });
        return new Series(ratios);
    }

    /** Empty when nothing was measured. */
    Optional<Spread> spread() {
        return byRun.isEmpty() ? Optional.empty() : Optional.of(Spread.of(byRun.values()));
    }
}
