package io.jobtrail.bench.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the checks of dashboard and alerts rest on. */
class QueryTest {
    @Test
    void metricsAreFoundWithTheirLabels() {
        assertThat(new Query("sum by (queue) (rate(a_seconds_count{outcome=~\"failed|lost\"}[$__rate_interval])) > 0")
                        .metrics())
                .isEqualTo(Map.of("a_seconds_count", Set.of("queue", "outcome")));
        assertThat(new Query("max(a) - max(a offset 15m) > 0 or absent(b) and 1.5e3 * c{x!=\"y\"}").metrics())
                .isEqualTo(Map.of("a", Set.of(), "b", Set.of(), "c", Set.of("x")));
        assertThat(new Query("label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")").metrics())
                .isEqualTo(Map.of("up", Set.of()));
    }

    @Test
    void whatCannotBeAQueryIsRefused() {
        assertThatThrownBy(() -> new Query("sum(rate(a[5m])")).hasMessageContaining("brackets");
        assertThatThrownBy(() -> new Query("1 + 1")).hasMessageContaining("no metric");
    }
}
