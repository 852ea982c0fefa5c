package io.jobtrail.bench.storm.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.bench.storm.check.Rule;
import io.jobtrail.bench.storm.check.Violation;
import io.jobtrail.testbed.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged programs with one protection missing: the smallest misfortune that it is for, and the checker notices. */
class SabotageSystemTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int LEASE = 2;

    /** Lease, sweep, first pause and one second more: a whole system would be done by then. */
    private static final Duration RECOVERY = Duration.ofSeconds(LEASE + 5 + 2 + 1);

    @TempDir
    private Path directory;

    private Path classes;
    private Rig rig;

    @BeforeEach
    void open() throws Exception {
        classes = Files.createDirectory(directory.resolve("classes"));
        rig = new Rig(Files.createDirectory(directory.resolve("run")));
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void withoutTheFenceAZombiesResultIsFound() throws Exception {
        sabotage(Sabotage.NO_FENCE);
        try (var api = start(Program.API, "api");
                var zombie = start(Program.WORKER, "zombie")) {
            rig.submit(1, 3_000, api.url());
            await().atMost(PATIENCE).until(() -> rig.begun() == 1);
            zombie.signal("STOP");
            try (var successor = start(Program.WORKER, "successor")) {
                await().atMost(PATIENCE)
                        .until(() -> rig.begun() == 1
                                && rig.database().ask("SELECT attempt FROM pipeline_jobs WHERE status = 'running'")
                                        instanceof Integer a
                                && a == 2);
                zombie.signal("CONT");
                await().atMost(PATIENCE).until(() -> rig.jobs("finished") == 1);
            }
        }
        assertThat(broken()).contains(Rule.FINISHED_BY_ITS_HOLDER);
    }

    @Test
    void withoutTheSweeperTheJobsOfDeadWorkersAreFound() throws Exception {
        sabotage(Sabotage.NO_SWEEPER);
        try (var api = start(Program.API, "api")) {
            rig.submit(1, 3_000, api.url());
            try (var dies = start(Program.WORKER, "dies")) {
                await().atMost(PATIENCE).until(() -> rig.begun() == 1);
            }
            try (var successor = start(Program.WORKER, "successor")) {
                await().atMost(PATIENCE).during(RECOVERY).until(() -> rig.jobs("finished") == 0);
            }
        }
        assertThat(broken()).containsExactly(Rule.ALL_JOBS_END);
    }

    @Test
    void aJobThatWasAcknowledgedBeforeItsCommitIsFoundMissing() throws Exception {
        sabotage(Sabotage.PUSH_BEFORE_COMMIT);
        try (var api = start(Program.API, "api")) {
            assertThat(rig.submit(1, 0, api.url())).contains(false);
        }
        assertThat(broken()).contains(Rule.ACKED_JOBS_EXIST);
        assertThat(rig.verdict().lost()).isEqualTo(1);
    }

    @Test
    void aResultThatIsRecordedApartFromItsStateIsFoundMissing() throws Exception {
        sabotage(Sabotage.RECORD_IN_TWO_STEPS);
        try (var api = start(Program.API, "api");
                var worker = start(Program.WORKER, "worker")) {
            rig.submit(1, 0, api.url());
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(10)).until(() -> rig.jobs("finished") == 1);
        }
        assertThat(broken()).containsExactly(Rule.RESULT_FITS_THE_INPUT);
    }

    @Test
    void jobsThatJesquesOwnLoopNeverTakesAreFound() throws Exception {
        sabotage(Sabotage.JESQUE_LOOP);
        try (var api = start(Program.API, "api");
                var worker = start(Program.WORKER, "worker")) {
            rig.submit(1, 0, api.url());
            await().atMost(PATIENCE).until(() -> rig.jobs("finished") == 1);
            TestServers.redis().kill();
            TestServers.redis().startAgain();
            rig.submit(2, 0, api.url());
            await().atMost(PATIENCE).during(RECOVERY).until(() -> rig.jobs("finished") == 1);
        }
        assertThat(broken()).containsExactly(Rule.ALL_JOBS_END);
    }

    @Test
    void withoutTheTrailsTriggerTheGapIsFound() throws Exception {
        sabotage(Sabotage.NO_TRAIL);
        try (var api = start(Program.API, "api");
                var worker = start(Program.WORKER, "worker")) {
            rig.submit(1, 0, api.url());
            await().atMost(PATIENCE).until(() -> rig.jobs("finished") == 1);
        }
        assertThat(broken()).contains(Rule.TRAIL_IS_WHOLE, Rule.TRAIL_VERIFIES);
    }

    private void sabotage(Sabotage sabotage) throws Exception {
        sabotage.compile(Launched.CHECKOUT, classes);
        try (var owner = rig.database().connect()) {
            sabotage.alter(Launched.CHECKOUT, owner);
        }
    }

    private Launched start(Program program, String name) throws Exception {
        return Launched.start(program, "sabotaged-" + name, rig.environment(LEASE), classes);
    }

    private Set<Rule> broken() throws Exception {
        return rig.verdict().violations().stream().map(Violation::rule).collect(Collectors.toSet());
    }
}
