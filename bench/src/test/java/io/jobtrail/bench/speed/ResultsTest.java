package io.jobtrail.bench.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
    @TempDir
    private Path directory;

    @Test
    void figuresAreWrittenWithTheirComponentsAsHeader() throws Exception {
        var results = new Results(directory, Map.of("cores", "2"));
        results.add(new Figure("mix", "jobtrail", "disk", 1, "completed_per_s", 4_321.5, "jobs/s"));

        results.write();

        assertThat(directory.resolve("figures.csv")).hasContent("""
                        workload,contestant,setting,run,metric,value,unit
                        mix,jobtrail,disk,1,completed_per_s,4321.50,jobs/s
                        """);
        assertThat(directory.resolve("environment.json")).content().isEqualToIgnoringWhitespace("{\"cores\":\"2\"}");
    }

    @Test
    void theSummaryTellsTheMedianAndTheSpreadOfTheRuns() {
        var results = new Results(directory, Map.of());
        List.of(30.0, 10.0, 20.0)
                .forEach(value -> results.add(new Figure("mix", "jobtrail", "disk", 1, "p50", value, "ms")));

        assertThat(results.summary()).singleElement().asString().contains("20.00 (10.00 to 30.00) ms");
    }

    @Test
    void percentilesAreValuesThatWereMeasured() {
        var metrics = new HashMap<String, Double>();
        Percentiles.add((workload, metric, value, unit) -> metrics.put(metric, value), "w", new double[] {1, 2, 3, 4});

        assertThat(metrics).isEqualTo(Map.of("p50", 2.0, "p95", 4.0, "p99", 4.0, "max", 4.0));
        assertThat(Percentiles.of(new double[0], 0.5)).isNaN();
    }

    @Test
    void ofAKindOfWhichNothingIsNamedEverythingIsWanted() {
        var workloads = List.of("mix", "drain");
        var contestants = List.of("jesque", "jobtrail");
        var selection = new Selection(List.of("mix"), List.of(workloads, contestants));

        assertThat(selection.of(workloads)).containsExactly("mix");
        assertThat(selection.of(contestants)).isEqualTo(contestants);
        assertThatThrownBy(() -> new Selection(List.of("mixed"), List.of(workloads, contestants)))
                .hasMessageContaining("mixed")
                .hasMessageContaining("drain, jesque, jobtrail, mix");
    }
}
