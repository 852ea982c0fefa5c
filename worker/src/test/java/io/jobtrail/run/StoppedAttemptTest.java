package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.run.LiveContext.Stop;
import io.jobtrail.store.Database;
import io.jobtrail.store.Leases;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.LogLines;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What makes an attempt stop before its handler has returned, how soon, and what is said of it. */
class StoppedAttemptTest {
    private static final Duration OFTEN = Duration.ofMillis(100);

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    @AutoClose
    private final IdleAttempts attempts = new IdleAttempts(database.runtime());

    private static Heartbeats heartbeats(Database beats, Duration lease) {
        return new Heartbeats(new Leases(beats), OFTEN, lease, RunnerRig.LONG);
    }

    @Test
    void aCancellationReachesTheAttempt() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), RunnerRig.LONG)) {
            var claim = RunnerRig.aJob(database).claimedBy("w1");
            var neighbour = attempts.start(heartbeats, RunnerRig.aJob(database).claimedBy("w1"));
            var attempt = attempts.start(heartbeats, claim);
            database.actions().cancel(claim.id(), "user:ann", "no longer needed");
            attempt.isStoppedFor(Stop.CANCELLED);
            assertThat(neighbour.isInterrupted()).isFalse();
        }
    }

    @Test
    void aCancellationOrALossIsNoticedLongBeforeTheNextHeartbeatIsDue() throws Exception {
        try (var heartbeats = new Heartbeats(database.leases(), RunnerRig.LONG, RunnerRig.LONG, RunnerRig.LONG)) {
            var cancelled = RunnerRig.aJob(database).claimedBy("w1");
            var lost = RunnerRig.aJob(database).claimedBy("w1");
            var stopped = List.of(attempts.start(heartbeats, cancelled), attempts.start(heartbeats, lost));
            var neighbour = attempts.start(heartbeats, RunnerRig.aJob(database).claimedBy("w1"));
            database.actions().cancel(cancelled.id(), "user:ann", "no longer needed");
            database.store().giveBack(lost, "TEST");
            var statements = StatementCount.on(database);
            await().atMost(Duration.ofSeconds(3))
                    .until(() -> stopped.stream().allMatch(IdleAttempts.Attempt::isInterrupted));
            stopped.get(0).isStoppedFor(Stop.CANCELLED);
            stopped.get(1).isStoppedFor(Stop.LOST);
            assertThat(neighbour.isInterrupted()).isFalse();
            assertThat(statements.count()).as("the looking writes nothing").isZero();
        }
    }

    @Test
    void aLostClaimStopsTheAttemptAndIsSaidOnce() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), RunnerRig.LONG);
                var log = LogLines.of(Heartbeats.class)) {
            var claim = RunnerRig.aJob(database).claimedBy("w1");
            var attempt = attempts.start(heartbeats, claim);
            database.store().giveBack(claim, "TEST");
            attempt.isStoppedFor(Stop.LOST);
            await().untilAsserted(() -> assertThat(log.lines())
                    .filteredOn(line -> line.contains(claim.id().toString()))
                    .hasSize(1));
        }
    }

    @Test
    void anOlderAttemptOfTheSameProcessIsStoppedWhenTheJobIsClaimedAgain() throws Exception {
        try (var heartbeats = new Heartbeats(database.leases(), RunnerRig.LONG, RunnerRig.LONG, RunnerRig.LONG)) {
            var first = RunnerRig.aJob(database).claimedBy("w1");
            var older = attempts.start(heartbeats, first);
            database.store().giveBack(first, "TEST");
            var second = database.store()
                    .claim(first.id(), "w1", List.of(ScriptedHandler.NAME))
                    .orElseThrow();
            var newer = attempts.start(heartbeats, second);
            older.isStoppedFor(Stop.LOST);
            assertThat(newer.context().stopReason()).isEmpty();
        }
    }

    @Test
    void theDeadlineInTheDatabaseEndsTheAttempt() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), RunnerRig.LONG)) {
            var claim = RunnerRig.aJob(database).timeoutSec(1000).claimedBy("w1");
            database.asOwner(
                    "UPDATE pipeline_jobs SET started_at = now() - interval '1 hour' WHERE id = '" + claim.id() + "'");
            var before = lastBeat(claim.id());
            attempts.start(heartbeats, claim).isStoppedFor(Stop.TIMEOUT);
            assertThat(lastBeat(claim.id()))
                    .as("never renewed beyond the deadline")
                    .isBeforeOrEqualTo(before);
        }
    }

    @Test
    void theDeadlineHoldsWhilePostgresIsAway() throws Exception {
        try (var nowhere = RunnerRig.nowhere(Duration.ofSeconds(5));
                var heartbeats = heartbeats(nowhere, RunnerRig.LONG)) {
            var claim = RunnerRig.aJob(database).timeoutSec(1).claimedBy("w1");
            attempts.start(heartbeats, claim).isStoppedFor(Stop.TIMEOUT);
        }
    }

    @Test
    void anAttemptThatCannotBeKeptAliveIsStoppedBeforeItsLeaseIsOver() throws Exception {
        try (var nowhere = RunnerRig.nowhere(Duration.ofSeconds(5));
                var heartbeats = heartbeats(nowhere, Duration.ofSeconds(4))) {
            var claim = RunnerRig.aJob(database).claimedBy("w1");
            attempts.start(heartbeats, claim).isStoppedFor(Stop.FENCED);
            assertThat(database.leases().releaseStale(Duration.ofSeconds(4), 10, "test"))
                    .as("stopped while the lease still held")
                    .noneMatch(released -> released.id().equals(claim.id()));
        }
    }

    @Test
    void anAttemptIsNotInterruptedOnceItsHandlerHasReturned() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), RunnerRig.LONG)) {
            var claim = RunnerRig.aJob(database).claimedBy("w1");
            var other = RunnerRig.aJob(database).claimedBy("w1");
            var ended = attempts.start(heartbeats, claim);
            ended.context().handlerEnded();
            database.actions().cancel(claim.id(), "user:ann", "too late");
            database.actions().cancel(other.id(), "user:ann", "in time");
            attempts.start(heartbeats, other).isStoppedFor(Stop.CANCELLED);
            heartbeats.stopAll();
            assertThat(ended.context().stopReason()).isEmpty();
            assertThat(ended.isInterrupted()).isFalse();
        }
    }

    @Test
    void aHandlerThatDoesNotHearIsReportedOnce() throws Exception {
        var claim = database.aJob().claimedBy("w1");
        try (var beats = new Heartbeats(database.leases(), OFTEN, Duration.ofMinutes(5), Duration.ofMillis(200));
                var log = LogLines.of(WrittenOff.class)) {
            var entered = new CountDownLatch(1);
            var mayEnd = new CountDownLatch(1);
            var thread = new Thread(
                    () -> {
                        var context = new LiveContext(claim, null, null, null);
                        try (var alive = beats.start(context, System.nanoTime())) {
                            beats.stopAll();
                            entered.countDown();
                            while (mayEnd.getCount() > 0) {
                                Thread.onSpinWait(); // as handlers should not
                            }
                        }
                    },
                    "deaf");
            thread.start();
            try {
                entered.await();
                await().until(() -> !deaf(log).isEmpty());
                await().during(Duration.ofMillis(500)).until(() -> deaf(log).size() == 1);
                assertThat(beats.running()).isZero();
                assertThat(beats.writtenOff()).isEqualTo(1);
                assertThat(deaf(log).get(0)).contains(claim.id().toString(), "thread deaf", "SHUTDOWN", "written off");
            } finally {
                mayEnd.countDown();
            }
            thread.join();
            assertThat(beats.writtenOff()).isZero();
        }
    }

    private static List<String> deaf(LogLines log) {
        return log.lines().stream().filter(line -> line.startsWith("ERROR job")).toList();
    }

    private static Instant lastBeat(UUID id) {
        return database.reader().job(id).orElseThrow().lastHeartbeatAt();
    }
}
