package io.jobtrail.bench.speed.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class GoalTest {
    @Test
    void eachGoalIsHeldAgainstTheMedianOfItsRatios() {
        assertThat(Page.goals(new Figures(Forged.everything().list())))
                .startsWith("8 of 10 are met, 2 missed, 0 not measured.\n")
                .contains(
                        "| mix: Jobtrail ÷ db-scheduler | ≥ 1.00 | ≥ 1.30 (not reached) | 1.25 (1.04–1.46) | met |",
                        "| mix: Jobtrail ÷ ceiling | ≥ 1.00 |  | 1.57 (1.41–1.61) | met |",
                        "| drain: Jobtrail ÷ plain Jesque | ≥ 0.600 | ≥ 0.800 (not reached) | 0.546 (0.411–0.595) | **MISSED** |")
                .contains("| start latency at 200/s: p50, ms | ≤ 3.00 |");
    }

    @Test
    void aBoundIsMetWhenItIsReachedExactly() {
        assertThat(verdict("mix: Jobtrail ÷ ceiling", mix(100, 100))).isEqualTo(Goal.Verdict.MET);
        assertThat(verdict("mix: Jobtrail ÷ ceiling", mix(99.9, 100))).isEqualTo(Goal.Verdict.MISSED);
        assertThat(verdict("start latency at 200/s: p50, ms", latency(3, 15))).isEqualTo(Goal.Verdict.MET);
        assertThat(verdict("start latency at 200/s: p50, ms", latency(3.01, 15)))
                .isEqualTo(Goal.Verdict.MISSED);
        assertThat(verdict("start latency at 200/s: p99, ms", latency(3, 15))).isEqualTo(Goal.Verdict.MET);
        assertThat(verdict("start latency at 200/s: p99, ms", latency(3, 15.1))).isEqualTo(Goal.Verdict.MISSED);
    }

    @Test
    void jesquesLatencyIsToBeFiftyTimesAsLong() {
        var name = "start latency at 200/s: p50, Jobtrail ÷ plain Jesque";

        assertThat(verdict(name, latency(2, 2).latency("latency-200", "jesque", 100, 100, 100)))
                .isEqualTo(Goal.Verdict.MET);
        assertThat(verdict(name, latency(2.1, 3).latency("latency-200", "jesque", 100, 100, 100)))
                .isEqualTo(Goal.Verdict.MISSED);
    }

    @Test
    void aThirdLostToASlowFlushIsTooMuch() {
        var name = "mix: with a 2 ms flush ÷ with the disk as it is";

        assertThat(verdict(name, mix(3_000, 1).rate("mix", "jobtrail", "flush-2ms", 2_000)))
                .isEqualTo(Goal.Verdict.MISSED);
        assertThat(verdict(name, mix(3_000, 1).rate("mix", "jobtrail", "flush-2ms", 2_001)))
                .isEqualTo(Goal.Verdict.MET);
    }

    @Test
    void httpIsHeldAgainstRequestsAndNotAgainstTheJobsThatRanMeanwhile() {
        var figures = new Forged()
                .rate("http-json", "jobtrail", "disk", 9_000)
                .metric("http-json", "jobtrail", "disk", "produced_per_s", "requests/s", 2_499)
                .metric("http-file", "jobtrail", "disk", "produced_per_s", "requests/s", 500)
                .metric("http-file", "jobtrail", "disk", "rss_start_mb", "MB", 100)
                .metric("http-file", "jobtrail", "disk", "rss_end_mb", "MB", 126);

        assertThat(verdict("HTTP, 1 KB JSON: requests/s", figures)).isEqualTo(Goal.Verdict.MISSED);
        assertThat(verdict("HTTP, 100 KB file: requests/s", figures)).isEqualTo(Goal.Verdict.MET);
        assertThat(verdict("HTTP, 100 KB file: memory at the end ÷ at the start", figures))
                .isEqualTo(Goal.Verdict.MISSED);
    }

    @Test
    void whatWasNotMeasuredIsNeitherMetNorMissed() {
        assertThat(Goal.all(new Figures(List.of()))).allSatisfy(goal -> {
            assertThat(goal.verdict()).isEqualTo(Goal.Verdict.NOT_MEASURED);
            assertThat(goal.row()).endsWith("not measured", "not measured");
        });
        assertThat(verdict("mix: Jobtrail ÷ ceiling", mix(100, 0))).isEqualTo(Goal.Verdict.NOT_MEASURED);
        assertThat(verdict("start latency at 200/s: p50, ms", latency(Double.NaN, 1)))
                .isEqualTo(Goal.Verdict.NOT_MEASURED);
    }

    private static Forged mix(double jobtrail, double ceiling) {
        return new Forged().rate("mix", "jobtrail", "disk", jobtrail).rate("mix", "ceiling", "disk", ceiling);
    }

    private static Forged latency(double p50, double p99) {
        return new Forged().latency("latency-200", "jobtrail", p50, p99, p99);
    }

    private static Goal.Verdict verdict(String name, Forged forged) {
        return Goal.all(new Figures(forged.list())).stream()
                .filter(goal -> goal.name().equals(name))
                .findFirst()
                .orElseThrow()
                .verdict();
    }
}
