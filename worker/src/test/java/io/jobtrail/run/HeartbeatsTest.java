package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.jobtrail.job.Claim;
import io.jobtrail.job.JobState;
import io.jobtrail.run.LiveContext.Stop;
import io.jobtrail.store.Database;
import io.jobtrail.store.Leases;
import io.jobtrail.testing.JobtrailDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Which claims are renewed, and when; and that nothing ends it. What an attempt hears: {@link StoppedAttemptTest}. */
class HeartbeatsTest {
    private static final Duration OFTEN = Duration.ofMillis(100);
    private static final Duration SOON = Duration.ofSeconds(1);

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    @AutoClose
    private final IdleAttempts attempts = new IdleAttempts(database.runtime());

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
            var attempt = attempts.start(heartbeats, claim);
            assertThat(heartbeats.running()).isEqualTo(1);
            beatsTwice(claim.id());
            attempt.end();
            await().until(() -> heartbeats.running() == 0);
            assertThat(attempt.isInterrupted()).isFalse();
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
                attempts.start(heartbeats, claim);
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
            attempts.start(heartbeats, quiet);
            attempts.start(heartbeats, busy).context().stage("one");
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
        var logger = (Logger) LoggerFactory.getLogger(Heartbeats.class.getPackageName());
        var broken = new BrokenLog();
        broken.start();
        try (var nowhere = RunnerRig.nowhere(SOON);
                var heartbeats = new Heartbeats(new Leases(nowhere), OFTEN, RunnerRig.LONG, Duration.ZERO)) {
            heartbeats.onWrittenOff(attempt -> {
                throw new NoClassDefFoundError("pretended");
            });
            attempts.start(heartbeats, RunnerRig.aJob(database).timeoutSec(1).claimedBy("w1"))
                    .isStoppedFor(Stop.TIMEOUT);
            logger.addAppender(broken);
            attempts.start(heartbeats, RunnerRig.aJob(database).timeoutSec(1).claimedBy("w1"))
                    .isStoppedFor(Stop.TIMEOUT);
            assertThat(broken.thrown.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(heartbeats.fault(1)).isEmpty();
            heartbeats.close();
            assertThat(heartbeats.fault(1).orElseThrow()).contains("heartbeats have ended");
        } finally {
            logger.detachAppender(broken);
        }
    }

    @Test
    void aLockedRowCostsNoOtherJobItsHeartbeat() throws Exception {
        try (var heartbeats = heartbeats(database.runtime(), Duration.ofSeconds(4));
                var operator = database.connect()) {
            operator.setAutoCommit(false);
            var claim = RunnerRig.aJob(database).claimedBy("w1");
            var other = RunnerRig.aJob(database).claimedBy("w1");
            var held = attempts.start(heartbeats, claim);
            var neighbour = attempts.start(heartbeats, other);

            lock(operator, claim);
            held.context().stage("said while the row was locked");
            beatsTwice(other.id());
            operator.rollback();
            beatsTwice(claim.id());
            assertThat(database.reader().job(claim.id()).orElseThrow().stage())
                    .isEqualTo("said while the row was locked");
            assertThat(held.context().stopReason()).isEmpty();

            lock(operator, claim);
            held.isStoppedFor(Stop.FENCED);
            beatsTwice(other.id());
            assertThat(neighbour.context().stopReason()).isEmpty();
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
                attempts.start(heartbeats, other);
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
}
