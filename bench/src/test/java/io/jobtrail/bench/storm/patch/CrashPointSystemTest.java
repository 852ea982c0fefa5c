package io.jobtrail.bench.storm.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.bench.storm.check.Checker;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.History;
import io.jobtrail.job.JobState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The packaged programs, each ended once at each crash point with a job of its own. Then whole ones take over, and the checker
 * looks at what they made of it.
 */
class CrashPointSystemTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private static Path run;

    private static final Map<CrashPoint, Integer> exitCodes = new EnumMap<>(CrashPoint.class);
    private static final Map<CrashPoint, Long> crashed = new EnumMap<>(CrashPoint.class);
    private static final Map<CrashPoint, Boolean> existed = new EnumMap<>(CrashPoint.class);
    private static Rig rig;
    private static History history;

    /** The later points first: what they leave behind is nothing that the processes after them could take. */
    @BeforeAll
    static void crashAtEachPointThenRecover() throws Exception {
        rig = new Rig(run);
        var points = Arrays.asList(CrashPoint.values().clone());
        Collections.reverse(points);
        try (var api = Launched.start(Program.API, "api", rig.environment(600))) {
            for (var point : points) {
                crash(point, api);
            }
            try (var worker = Launched.start(Program.WORKER, "worker", rig.environment(3))) {
                await().atMost(PATIENCE).until(() -> rig.jobs("finished") == points.size());
            }
        }
        history = rig.history();
    }

    @AfterAll
    static void close() {
        rig.close();
    }

    private static void crash(CrashPoint point, Launched api) throws Exception {
        var classes = run.resolve(point.name());
        point.compile(Launched.CHECKOUT, classes);
        boolean inApi = point.program() == Program.API;
        if (!inApi) {
            assertThat(rig.submit(point.ordinal(), 0, api.url())).contains(false);
        }
        try (var patched = Launched.start(point.program(), point.name(), rig.environment(600), classes)) {
            crashed.put(point, patched.pid());
            if (inApi) {
                assertThat(rig.submit(point.ordinal(), 0, patched.url())).isEmpty();
            }
            exitCodes.put(point, patched.exitCode(PATIENCE));
        }
        if (inApi) {
            existed.put(point, rig.submit(point.ordinal(), 0, api.url()).orElseThrow());
        }
    }

    @Test
    void nothingIsLostAndNoRuleIsBroken() {
        var verdict = Checker.check(history);

        assertThat(verdict.violations()).isEmpty();
        assertThat(verdict.attempted()).isEqualTo(CrashPoint.values().length);
        assertThat(verdict.ok()).isEqualTo(CrashPoint.values().length);
        assertThat(verdict.finished()).isEqualTo(CrashPoint.values().length);
        assertThat(verdict.doubleFinished()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void theProcessEndsAtThePointAndAnotherOneTakesOver(CrashPoint point) {
        assertThat(exitCodes).containsEntry(point, CrashPoint.EXIT_CODE);
        var job = history.jobs().stream()
                .filter(row -> row.key().equals("key-" + point.ordinal()))
                .findFirst()
                .orElseThrow();
        var claimedByTheCrashed = history.events().stream()
                .filter(event -> event.job().equals(job.id()) && event.newState() == JobState.RUNNING)
                .map(event -> event.actor().contains(":" + crashed.get(point) + ":"))
                .toList();
        var doneByTheCrashed = history.handler().stream()
                .filter(entry -> entry.job().equals(job.id()) && entry.pid() == crashed.get(point))
                .map(HandlerLedger.Entry::kind)
                .toList();

        switch (point) {
            case BEFORE_COMMIT, AFTER_COMMIT, AFTER_PUSH -> {
                assertThat(existed).containsEntry(point, point != CrashPoint.BEFORE_COMMIT);
                assertThat(claimedByTheCrashed).containsExactly(false);
            }
            case AFTER_POP -> assertThat(claimedByTheCrashed).containsExactly(false);
            case AFTER_CLAIM, IN_HANDLER, BEFORE_RECORDING ->
                assertThat(claimedByTheCrashed).containsExactly(true, false);
            case AFTER_RECORDING -> assertThat(claimedByTheCrashed).containsExactly(true);
        }
        switch (point) {
            case IN_HANDLER -> assertThat(doneByTheCrashed).containsExactly(HandlerLedger.Kind.BEGIN);
            case BEFORE_RECORDING, AFTER_RECORDING ->
                assertThat(doneByTheCrashed).containsExactly(HandlerLedger.Kind.BEGIN, HandlerLedger.Kind.END);
            default -> assertThat(doneByTheCrashed).isEmpty();
        }
    }
}
