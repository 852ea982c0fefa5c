package io.jobtrail.bench.storm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jobtrail.testbed.PgBouncer;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
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
        var outcome = storm(
                0,
                EnumSet.of(
                        Fault.KILL_WORKER,
                        Fault.STOP_WORKER,
                        Fault.FLUSH_REDIS,
                        Fault.KILL_REDIS,
                        Fault.CRASH_POSTGRES,
                        Fault.LOSE_ANSWERS));

        assertThat(outcome.restarts()).isPositive();
        assertThat(outcome.verdict().recoveries()).isNotEmpty();
    }

    /** All programs together have many more connections than the pooler has sessions for them. */
    @Test
    void aPoolerThatLendsItFewSessionsChangesNothing() throws Exception {
        assumeTrue(PgBouncer.isInstalled(), "pgbouncer is not installed (Debian: apt-get install pgbouncer)");
        var outcome = storm(4, EnumSet.of(Fault.KILL_WORKER, Fault.KILL_CONNECTIONS, Fault.LOSE_ANSWERS));

        assertThat(outcome.faults()).containsKey(Fault.KILL_CONNECTIONS.wireName());
    }

    private StormRun.Outcome storm(int pooledSessions, Set<Fault> kinds) throws Exception {
        var schedule = Schedule.random(2, TIME, 10, kinds, 2, LEASE.multipliedBy(2));
        var setup = new Cluster.Setup(
                Path.of("..").toAbsolutePath().normalize(),
                directory,
                2,
                3,
                pooledSessions,
                LEASE,
                Duration.ofSeconds(1),
                null,
                null);
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
        return outcome;
    }
}
