package io.jobtrail.bench.speed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PercentilesTest {
    @Test
    void percentilesAreValuesThatWereMeasured() {
        var metrics = new HashMap<String, Double>();
        Percentiles.add((workload, metric, value, unit) -> metrics.put(metric, value), "w", new double[] {1, 2, 3, 4});

        assertThat(metrics).isEqualTo(Map.of("p50", 2.0, "p95", 4.0, "p99", 4.0, "max", 4.0));
        assertThat(Percentiles.of(new double[0], 0.5)).isNaN();
    }
}
