package io.jobtrail.bench.storm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small storm over the packaged programs, so that the storm itself keeps working; the large ones are run by hand. */
class StormSystemTest {
    private static final Duration TIME = Duration.ofSeconds(20);
    private static final Duration LEASE = Duration.ofSeconds(3);
    private static final int JOBS_PER_SECOND = 15;

    @TempDir
    private Path directory;

    @Test
    void aSystemUnderFaultsLosesNothing() throws Exception {
        var kinds = EnumSet.of(
                Fault.KILL_WORKER,
                Fault.STOP_WORKER,
                Fault.FLUSH_REDIS,
                Fault.KILL_REDIS,
                Fault.CRASH_POSTGRES,
                Fault.LOSE_ANSWERS);
        var schedule = Schedule.random(2, TIME, 10, kinds, 2, LEASE.multipliedBy(2));
        var setup = new Cluster.Setup(
                Path.of("..").toAbsolutePath().normalize(), directory, 2, 3, LEASE, Duration.ofSeconds(1), null, null);
        var log = new PrintStream(Files.newOutputStream(directory.resolve("storm.log")), true, StandardCharsets.UTF_8);

        var outcome = new StormRun(setup, schedule, 2, JOBS_PER_SECOND, TIME, Duration.ofMinutes(3), log)
                .run(SqlStep.NOTHING);

        var verdict = outcome.verdict();
        assertThat(verdict.violations()).isEmpty();
        assertThat(verdict.lost()).isZero();
        assertThat(verdict.doubleFinished()).isZero();
        assertThat(verdict.attempted()).isEqualTo(TIME.toSeconds() * JOBS_PER_SECOND);
        assertThat(verdict.ok()).isGreaterThan(verdict.attempted() / 2);
        assertThat(outcome.done()).isGreaterThan(5);
        assertThat(outcome.restarts()).isPositive();
        assertThat(verdict.recoveries()).isNotEmpty();
    }
}
