package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.config.Json;
import io.jobtrail.metrics.ProcessMetrics;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class WorkerFiguresTest {
    private final AtomicLong seconds = new AtomicLong(1_000);

    @AutoClose
    private final ProcessMetrics metrics = new ProcessMetrics();

    private final WorkerFigures figures = new WorkerFigures(
            metrics.registry(), () -> Duration.ofSeconds(seconds.get()).toNanos());

    /** As the runner measures. */
    private void ended(String queue, String outcome, int count, long millis) {
        var runs = Timer.builder("jobtrail.run")
                .publishPercentiles(0.5, AttemptMeters.HIGH_PERCENTILE)
                .register(metrics.registry());
        for (int i = 0; i < count; i++) {
            metrics.registry()
                    .timer("jobtrail.attempt", "queue", queue, "handler", "echo", "outcome", outcome)
                    .record(Duration.ofMillis(millis));
            runs.record(Duration.ofMillis(millis));
        }
    }

    @Test
    void aFewFiguresSayHowAWorkerDoes() {
        ended("slow", "finished", 90, 10);
        ended("urgent", "finished", 4, 10);
        ended("slow", "failed", 2, 1_000);
        ended("slow", "retrying", 4, 1_000);
        metrics.registry().counter("jobtrail.claims.lost").increment();
        var commits = DistributionSummary.builder("jobtrail.commit.items")
                .tag("statement", "turn")
                .register(metrics.registry());
        commits.record(1);
        commits.record(4);
        var now = figures.now();
        assertThat(now)
                .containsEntry("finished", 94L)
                .containsEntry("failed", 2L)
                .containsEntry("retried", 4L)
                .containsEntry("claims_lost", 1L)
                .containsEntry("commit_items_mean", 2.5);
        assertThat((double) now.get("run_ms_mean")).isBetween(69.0, 70.0);
        assertThat((double) now.get("run_ms_p95")).isBetween(900.0, 1_100.0);
        assertThat((long) now.get("heap_bytes")).isPositive().isLessThanOrEqualTo((long) now.get("heap_max_bytes"));
        assertThat(Json.forDatabase(now)).hasSizeLessThan(400);
    }

    @Test
    void aWorkerThatHasDoneNothingSaysThat() {
        assertThat(figures.now())
                .containsEntry("finished", 0L)
                .containsEntry("claims_lost", 0L)
                .containsEntry("finished_last_minute", Map.of())
                .doesNotContainKeys("run_ms_mean", "commit_items_mean");
    }

    @Test
    void theyAreReadAnewEveryTenSecondsOnly() {
        figures.now();
        ended("slow", "finished", 1, 10);
        seconds.addAndGet(9);
        assertThat(figures.now()).containsEntry("finished", 0L);
        seconds.addAndGet(1);
        assertThat(figures.now()).containsEntry("finished", 1L);
    }

    @Test
    void theLastMinuteIsTheLastMinute() {
        figures.now();
        for (int i = 0; i < 30; i++) { // one a second, for five minutes
            seconds.addAndGet(10);
            ended("slow", "finished", 10, 1);
            figures.now();
        }
        assertThat(figures.now()).containsEntry("finished_last_minute", Map.of("slow", 60L));
        seconds.addAndGet(30);
        ended("urgent", "finished", 6, 1);
        assertThat(figures.now()).containsEntry("finished_last_minute", Map.of("slow", 30L, "urgent", 6L));
        seconds.addAndGet(120);
        assertThat(figures.now())
                .as("half of what was finished over two minutes")
                .containsEntry("finished_last_minute", Map.of("slow", 0L, "urgent", 0L));
    }
}
