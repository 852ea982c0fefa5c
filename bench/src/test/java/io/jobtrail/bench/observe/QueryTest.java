package io.jobtrail.bench.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
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

    @Test
    void eachRuleForMetricsFindsItsFault() {
        assertThat(faults("# HELP a_total x", "# TYPE a_total counter", "a_total{queue=\"slow\"} 1.0"))
                .isEmpty();
        assertThat(faults("# HELP a_seconds x", "# TYPE a_seconds summary", "a_seconds_count 1", "a_seconds_sum 2"))
                .isEmpty();
        assertThat(faults("# HELP a  ", "# TYPE a gauge", "a 1")).containsExactly("a: has no HELP");
        assertThat(faults("a 1")).containsExactly("a: has no TYPE");
        assertThat(faults("# HELP a x", "# TYPE a counter", "a 1"))
                .hasSize(1)
                .first()
                .asString()
                .contains("_total");
        assertThat(faults("# HELP a_total x", "# TYPE a_total gauge", "a_total 1"))
                .hasSize(1);
        assertThat(faults("# HELP aB x", "# TYPE aB gauge", "aB 1")).containsExactly("aB: is not snake_case");
        assertThat(faults("# HELP a_ms x", "# TYPE a_ms gauge", "a_ms 1"))
                .containsExactly("a_ms: is not in a base unit");
        assertThat(faults("# HELP a x", "# TYPE a gauge", "a{b=\"1\"} 1", "a{b=\"1\"} 2"))
                .hasSize(1)
                .first()
                .asString()
                .contains("twice");
        assertThat(faults("# HELP a x", "# TYPE a gauge", "a{b=\"0190f3c2-5d1a-7000-8000-000000000000\"} 1"))
                .hasSize(1);
        assertThat(faults("# HELP a x", "# TYPE a gauge", "a{b=\"1} 1")).isNotEmpty();
    }

    private static List<String> faults(String... lines) {
        return new Exposition(List.of(lines)).faults();
    }
}
