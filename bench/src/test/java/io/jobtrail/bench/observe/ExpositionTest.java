package io.jobtrail.bench.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule for metrics finds its fault, and nothing in what is well. A page is written with | for the ends of its lines. */
class ExpositionTest {
    private static List<String> faults(String page) {
        return new Exposition(List.of(page.split("\\|"))).faults();
    }

    private static String gauge(String name, String... samples) {
        return "# HELP %1$s x|# TYPE %1$s gauge|%2$s".formatted(name, String.join("|", samples));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "# HELP a_total x|# TYPE a_total counter|a_total{queue=\"slow\"} 1.0",
                "# HELP a_seconds x|# TYPE a_seconds summary|a_seconds{quantile=\"0.5\"} 1|a_seconds_count 1|a_seconds_sum 2",
                "# HELP a_bytes x|# TYPE a_bytes histogram|a_bytes_bucket{le=\"+Inf\"} 1|a_bytes_count 1|a_bytes_sum 2",
                "# HELP a x|# TYPE a gauge|a 1|# HELP z x|# TYPE z gauge|z{c=\"d\",e=\"f\"} NaN"
            })
    void whatIsWellHasNoFault(String page) {
        assertThat(faults(page)).isEmpty();
    }

    static Stream<Arguments> broken() {
        return Stream.of(
                Arguments.of("# HELP a  |# TYPE a gauge|a 1", "has no HELP"),
                Arguments.of("# TYPE a gauge|a 1", "has no HELP"),
                Arguments.of("a 1", "has no TYPE"),
                Arguments.of("# HELP a x|# TYPE a info|a 1", "has the type info"),
                Arguments.of("# HELP a x|# TYPE a counter|a 1", "_total"),
                Arguments.of(gauge("a_total", "a_total 1"), "_total"),
                Arguments.of(gauge("aB", "aB 1"), "snake_case"),
                Arguments.of(gauge("a:b", "a:b 1"), "snake_case"),
                Arguments.of(gauge("a", "a{bC=\"d\"} 1"), "snake_case"),
                Arguments.of(gauge("a_ms", "a_ms 1"), "base unit"),
                Arguments.of(gauge("a_mb_used", "a_mb_used 1"), "base unit"),
                Arguments.of(gauge("a_milliseconds", "a_milliseconds 1"), "base unit"),
                Arguments.of(gauge("a_h", "a_h 1"), "base unit"),
                Arguments.of(gauge("a_gauge", "a_gauge 1"), "says its type"),
                Arguments.of(gauge("a_count", "a_count 1"), "ends like a series"),
                Arguments.of(gauge("a", "a_count 1"), "has no TYPE"),
                Arguments.of("# HELP a x|# TYPE a summary|a_bucket{b=\"c\"} 1", "has no TYPE"),
                Arguments.of(gauge("a", "a{le=\"1\"} 1"), "label le on a gauge"),
                Arguments.of("# HELP a_total x|# TYPE a_total counter|a_total{quantile=\"1\"} 1", "label quantile"),
                Arguments.of(gauge("a", "a{b=\"1\"} 1", "a{b=\"1\"} 2"), "twice"),
                Arguments.of(gauge("a", "a 1") + "|# HELP a y", "twice"),
                Arguments.of(gauge("a", "a{c=\"d\"} 1") + "|" + gauge("b", "b 1") + "|a 1", "spread"),
                Arguments.of("a 1|" + gauge("a"), "described after its samples"),
                Arguments.of(gauge("a", "a{b=\"0190f3c2-5d1a-7000-8000-000000000000\"} 1"), "has the value"),
                Arguments.of(gauge("a", "a{b=\"1} 1"), "neither|cannot be read"),
                Arguments.of(gauge("a", "a one two"), "neither"));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void eachRuleFindsItsFault(String page, String words) {
        assertThat(faults(page)).anySatisfy(fault -> assertThat(fault).containsPattern(words));
    }
}
