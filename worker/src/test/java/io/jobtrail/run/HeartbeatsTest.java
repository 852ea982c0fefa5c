package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.document.DocumentStore;
import io.jobtrail.job.Claim;
import io.jobtrail.job.JobState;
import io.jobtrail.run.LiveContext.Stop;
import io.jobtrail.store.ChunkStore;
import io.jobtrail.store.Database;
import io.jobtrail.store.Leases;
import io.jobtrail.testing.JobtrailDatabase;
import java.io.IOException;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class HeartbeatsTest {
    private static final Duration OFTEN = Duration.ofMillis(100);
    private static final Duration SOON = Duration.ofSeconds(1);
    private static JobtrailDatabase database;
    private final List<Attempt> attempts = new ArrayList<>();

    @BeforeAll
    static void open() {
        database = JobtrailDatabase.fresh();
    }

    @AfterAll
    static void close() {
        database.close();
    }

    @AfterEach
    void end() {
        attempts.forEach(attempt -> attempt.over.countDown());
    }

    /** A claim whose handler does nothing until it is interrupted. */
    private final class Attempt {
        private final CountDownLatch over = new CountDownLatch(1);
        private final CountDownLatch interrupted = new CountDownLatch(1);
        private volatile LiveContext context;

        Attempt(Heartbeats heartbeats, Claim claim) throws InterruptedException {
            attempts.add(this);
            var ready = new CountDownLatch(1);
            var thread = new Thread(() -> {
                context = new LiveContext(
                        claim,
                        new Documents(new DocumentStore(database.runtime()), null),
                        new ChunkStore(database.runtime()),
                        null);
                try (var alive = heartbeats.start(context, System.nanoTime())) {
                    ready.countDown();
                    over.await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
            });
            thread.setDaemon(true);
            thread.start();
            ready.await();
        }

        void isStoppedFor(Stop reason) {
            await().until(() -> interrupted.getCount() == 0);
            assertThat(context.stopReason()).contains(reason);
        }
    }

    @Test
    void aHandlerThatDoesNotHearIsReportedOnce() throws Exception {
        var claim = database.aJob().claimedBy("w1");
        try (var beats = new Heartbeats(database.leases(), OFTEN, Duration.ofMinutes(5), Duration.ofMillis(200));
                var log = LogLines.of(Heartbeats.class)) {
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

    private static Heartbeats heartbeats(Database beats, Duration lease) {
        return new Heartbeats(new Leases(beats), OFTEN, lease, RunnerRig.LONG);
    }

    private static Instant lastBeat(UUID id) {
        return database.reader().job(id).orElseThrow().lastHeartbeatAt();
    }

    @Test
    void aClaimIsRenewedAgainAndAgainUntilItsAttemptEnds() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), RunnerRig.LONG)) {
            var claim = RunnerRig.aJob(database).claimedBy("w1");
            var attempt = new Attempt(heartbeats, claim);
            assertThat(heartbeats.running()).isEqualTo(1);
            beatsTwice(claim.id());
            attempt.over.countDown();
            await().until(() -> heartbeats.running() == 0);
            assertThat(attempt.interrupted.getCount()).isEqualTo(1);
            database.assertThatJob(claim.id()).is(JobState.RUNNING).hasHistory("queued", "running");
        }
    }

    @Test
    void oneStatementServesAllClaims() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), RunnerRig.LONG)) {
            var claims = new ArrayList<Claim>();
            for (int i = 0; i < 20; i++) {
                claims.add(RunnerRig.aJob(database).claimedBy("w1"));
            }
            var statements = StatementCount.on(database);
            var begin = Instant.now();
            for (var claim : claims) {
                new Attempt(heartbeats, claim);
            }
            await().until(() ->
                    claims.stream().allMatch(claim -> lastBeat(claim.id()).isAfter(begin)));
            // more than one where ticks came while they were being started
            assertThat(statements.count()).isBetween(1L, 10L);
        }
    }

    @Test
    void aBeatThatNeitherStageNorTimeCallsForIsLeftOut() throws Exception {
        try (var heartbeats = new Heartbeats(database.leases(), RunnerRig.LONG, RunnerRig.LONG, RunnerRig.LONG)) {
            var quiet = RunnerRig.aJob(database).claimedBy("w1");
            var busy = RunnerRig.aJob(database).claimedBy("w1");
            var before = lastBeat(quiet.id());
            new Attempt(heartbeats, quiet);
            new Attempt(heartbeats, busy).context.stage("one");
            await().until(() ->
                    "one".equals(database.reader().job(busy.id()).orElseThrow().stage()));
            assertThat(lastBeat(quiet.id())).isEqualTo(before);
        }
    }

    @Test
    void aClaimThatHasWaitedIsRenewedSoon() {
        var lease = RunnerRig.LONG.multipliedBy(2);
        try (var heartbeats = new Heartbeats(database.leases(), RunnerRig.LONG, lease, RunnerRig.LONG)) {
            var claim = RunnerRig.aJob(database).claimedBy("w1");
            var before = lastBeat(claim.id());
            var context = new LiveContext(claim, null, null, null);
            try (var alive = heartbeats.start(context, System.nanoTime() - RunnerRig.LONG.toNanos())) {
                await().until(() -> lastBeat(claim.id()).isAfter(before));
            }
        }
    }

    @Test
    void aCancellationReachesTheAttempt() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), RunnerRig.LONG)) {
            var claim = RunnerRig.aJob(database).claimedBy("w1");
            var neighbour = new Attempt(heartbeats, RunnerRig.aJob(database).claimedBy("w1"));
            var attempt = new Attempt(heartbeats, claim);
            database.actions().cancel(claim.id(), "user:ann", "no longer needed");
            attempt.isStoppedFor(Stop.CANCELLED);
            assertThat(neighbour.interrupted.getCount()).isEqualTo(1);
        }
    }

    @Test
    void aCancellationOrALossIsNoticedLongBeforeTheNextHeartbeatIsDue() throws Exception {
        try (var heartbeats = new Heartbeats(database.leases(), RunnerRig.LONG, RunnerRig.LONG, RunnerRig.LONG)) {
            var cancelled = RunnerRig.aJob(database).claimedBy("w1");
            var lost = RunnerRig.aJob(database).claimedBy("w1");
            var attempts = List.of(new Attempt(heartbeats, cancelled), new Attempt(heartbeats, lost));
            var neighbour = new Attempt(heartbeats, RunnerRig.aJob(database).claimedBy("w1"));
            database.actions().cancel(cancelled.id(), "user:ann", "no longer needed");
            database.store().giveBack(lost, "TEST");
            var statements = StatementCount.on(database);
            await().atMost(Duration.ofSeconds(3))
                    .until(() -> attempts.stream().allMatch(attempt -> attempt.interrupted.getCount() == 0));
            attempts.get(0).isStoppedFor(Stop.CANCELLED);
            attempts.get(1).isStoppedFor(Stop.LOST);
            assertThat(neighbour.interrupted.getCount()).isEqualTo(1);
            assertThat(statements.count()).as("the looking writes nothing").isZero();
        }
    }

    /** Like a library that cannot be loaded when something is to be logged. */
    private static final class BrokenLog extends AppenderBase<ILoggingEvent> {
        private final CountDownLatch thrown = new CountDownLatch(3);

        @Override
        protected void append(ILoggingEvent event) {
            thrown.countDown();
            throw new NoClassDefFoundError("pretended");
        }
    }

    @Test
    void anErrorEndsNeitherTheHeartbeatsNorTheWatch() throws Exception {
        var logger = (Logger) LoggerFactory.getLogger(Heartbeats.class);
        var broken = new BrokenLog();
        broken.start();
        try (var nowhere = new Database(nobodyListens(), "nowhere", 0, 1, SOON, SOON);
                var heartbeats = new Heartbeats(new Leases(nowhere), OFTEN, RunnerRig.LONG, Duration.ZERO)) {
            heartbeats.onWrittenOff(attempt -> {
                throw new NoClassDefFoundError("pretended");
            });
            new Attempt(heartbeats, RunnerRig.aJob(database).timeoutSec(1).claimedBy("w1")).isStoppedFor(Stop.TIMEOUT);
            logger.addAppender(broken);
            new Attempt(heartbeats, RunnerRig.aJob(database).timeoutSec(1).claimedBy("w1")).isStoppedFor(Stop.TIMEOUT);
            assertThat(broken.thrown.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(heartbeats.fault(1)).isEmpty();
            heartbeats.close();
            assertThat(heartbeats.fault(1).orElseThrow()).contains("heartbeats have ended");
        } finally {
            logger.detachAppender(broken);
        }
    }

    @Test
    void aLostClaimStopsTheAttemptAndIsSaidOnce() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), RunnerRig.LONG);
                var log = LogLines.of(Heartbeats.class)) {
            var claim = RunnerRig.aJob(database).claimedBy("w1");
            var attempt = new Attempt(heartbeats, claim);
            database.store().giveBack(claim, "TEST");
            attempt.isStoppedFor(Stop.LOST);
            assertThat(log.lines())
                    .filteredOn(line -> line.contains(claim.id().toString()))
                    .hasSize(1);
        }
    }

    @Test
    void anOlderAttemptOfTheSameProcessIsStoppedWhenTheJobIsClaimedAgain() throws Exception {
        try (var heartbeats = new Heartbeats(database.leases(), RunnerRig.LONG, RunnerRig.LONG, RunnerRig.LONG)) {
            var first = RunnerRig.aJob(database).claimedBy("w1");
            var older = new Attempt(heartbeats, first);
            database.store().giveBack(first, "TEST");
            var second = database.store()
                    .claim(first.id(), "w1", List.of(ScriptedHandler.NAME))
                    .orElseThrow();
            var newer = new Attempt(heartbeats, second);
            older.isStoppedFor(Stop.LOST);
            assertThat(newer.context.stopReason()).isEmpty();
        }
    }

    @Test
    void theDeadlineInTheDatabaseEndsTheAttempt() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), RunnerRig.LONG)) {
            var claim = RunnerRig.aJob(database).timeoutSec(1000).claimedBy("w1");
            database.asOwner(
                    "UPDATE pipeline_jobs SET started_at = now() - interval '1 hour' WHERE id = '" + claim.id() + "'");
            var before = lastBeat(claim.id());
            new Attempt(heartbeats, claim).isStoppedFor(Stop.TIMEOUT);
            assertThat(lastBeat(claim.id()))
                    .as("never renewed beyond the deadline")
                    .isBeforeOrEqualTo(before);
        }
    }

    @Test
    void theDeadlineHoldsWhilePostgresIsAway() throws Exception {
        try (var nowhere = new Database(nobodyListens(), "nowhere", 0, 1);
                var heartbeats = heartbeats(nowhere, RunnerRig.LONG)) {
            var claim = RunnerRig.aJob(database).timeoutSec(1).claimedBy("w1");
            new Attempt(heartbeats, claim).isStoppedFor(Stop.TIMEOUT);
        }
    }

    @Test
    void anAttemptThatCannotBeKeptAliveIsStoppedBeforeItsLeaseIsOver() throws Exception {
        try (var nowhere = new Database(nobodyListens(), "nowhere", 0, 1);
                var heartbeats = heartbeats(nowhere, Duration.ofSeconds(4))) {
            var claim = RunnerRig.aJob(database).claimedBy("w1");
            new Attempt(heartbeats, claim).isStoppedFor(Stop.FENCED);
            assertThat(database.leases().releaseStale(Duration.ofSeconds(4), 10, "test"))
                    .as("stopped while the lease still held")
                    .noneMatch(released -> released.id().equals(claim.id()));
        }
    }

    @Test
    void aLockedRowCostsNoOtherJobItsHeartbeat() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), Duration.ofSeconds(4));
                var operator = database.connect()) {
            operator.setAutoCommit(false);
            var claim = RunnerRig.aJob(database).claimedBy("w1");
            var other = RunnerRig.aJob(database).claimedBy("w1");
            var held = new Attempt(heartbeats, claim);
            var neighbour = new Attempt(heartbeats, other);

            lock(operator, claim);
            held.context.stage("said while the row was locked");
            beatsTwice(other.id());
            operator.rollback();
            beatsTwice(claim.id());
            assertThat(database.reader().job(claim.id()).orElseThrow().stage())
                    .isEqualTo("said while the row was locked");
            assertThat(held.context.stopReason()).isEmpty();

            lock(operator, claim);
            held.isStoppedFor(Stop.FENCED);
            beatsTwice(other.id());
            assertThat(neighbour.context.stopReason()).isEmpty();
        }
    }

    @Test
    void anAttemptThatIsLetGoAndDoesNotEndIsNotRenewedWhenPostgresIsBack() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), RunnerRig.LONG)) {
            var letGo = new LiveContext(RunnerRig.aJob(database).claimedBy("w1"), null, null, null);
            var other = RunnerRig.aJob(database).claimedBy("w1");
            letGo.stop(Stop.FENCED);
            assertThat(Thread.interrupted()).isTrue();
            var before = lastBeat(letGo.claim().id());
            try (var deaf = heartbeats.start(letGo, System.nanoTime())) {
                letGo.stage("going on");
                new Attempt(heartbeats, other);
                beatsTwice(other.id());
                assertThat(lastBeat(letGo.claim().id())).isEqualTo(before);
            }
        }
    }

    private static void lock(Connection operator, Claim claim) throws SQLException {
        Database.update(operator, "UPDATE pipeline_jobs SET stage = 'x' WHERE id = ?", claim.id());
    }

    private static void beatsTwice(UUID id) {
        for (int i = 0; i < 2; i++) {
            var before = lastBeat(id);
            await().atMost(Duration.ofSeconds(3)).until(() -> lastBeat(id).isAfter(before));
        }
    }

    @Test
    void anAttemptIsNotInterruptedOnceItsHandlerHasReturned() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), RunnerRig.LONG)) {
            var claim = RunnerRig.aJob(database).claimedBy("w1");
            var other = RunnerRig.aJob(database).claimedBy("w1");
            var ended = new Attempt(heartbeats, claim);
            ended.context.handlerEnded();
            database.actions().cancel(claim.id(), "user:ann", "too late");
            database.actions().cancel(other.id(), "user:ann", "in time");
            new Attempt(heartbeats, other).isStoppedFor(Stop.CANCELLED);
            heartbeats.stopAll();
            assertThat(ended.context.stopReason()).isEmpty();
            assertThat(ended.interrupted.getCount()).isEqualTo(1);
        }
    }

    private static DatabaseUrl nobodyListens() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return DatabaseUrl.parse("postgresql://nobody@127.0.0.1:" + socket.getLocalPort() + "/none");
        }
    }
}
