package io.jobtrail.bench.speed;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.bench.process.Checkout;
import io.jobtrail.bench.process.Parts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A very short mix over the packaged programs, so that the benchmark keeps working. How fast they are is not asked. */
class SpeedSystemTest {
    private static final Windows SHORTEST =
            new Windows(50, 0, Duration.ofMillis(200), Duration.ofSeconds(2), Duration.ZERO, Duration.ZERO, 0);

    @TempDir
    private Path directory;

    /** The mix itself refuses to go on unless what was produced, what was handled and what is recorded as finished agree. */
    @Test
    void everyJobIsHandledOnceAndRecordedAndTheFiguresSaySo() throws Exception {
        var parts = new Parts();
        try (parts) {
            var servers = new Servers(directory, parts);
            var arena = new Arena(
                    new Checkout(Path.of("..").toAbsolutePath().normalize()),
                    servers,
                    parts,
                    Files.createDirectories(directory.resolve("logs")),
                    List.of("db-scheduler", "jobtrail"));
            var mix = Mix.usual(arena);
            for (var contestant : mix.entrants(true)) {
                var figures = new HashMap<String, Double>();
                mix.measure(contestant, SHORTEST, (workload, metric, value, unit) -> figures.put(metric, value));

                assertThat(figures)
                        .as(contestant)
                        .containsOnlyKeys(
                                "completed_per_s",
                                "produced_per_s",
                                "redis_commands_per_job",
                                "wal_bytes_per_job",
                                "commits_per_job");
                assertThat(figures.get("completed_per_s")).as(contestant).isPositive();
                assertThat(figures.get("produced_per_s")).as(contestant).isPositive();
                assertThat(figures.get("wal_bytes_per_job")).as(contestant).isPositive();
            }
            assertThat(servers.facts())
                    .containsAllEntriesOf(Map.of("postgres fsync", "on", "postgres synchronous_commit", "on"));
        }
    }
}
