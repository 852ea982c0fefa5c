package io.jobtrail.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** The thread that runs the sweeps, and the release of stale jobs. */
class SweeperTest {
    @AutoClose
    private final SweepRig rig = new SweepRig();

    private record Counted(String name, AtomicInteger runs, Supplier<Duration> work) implements Sweep {
        Counted(String name, Supplier<Duration> work) {
            this(name, new AtomicInteger(), work);
        }

        @Override
        public Duration interval() {
            return Duration.ofMillis(10);
        }

        @Override
        public Duration run() {
            runs.incrementAndGet();
            return work.get();
        }
    }

    private Sweeper sweeper(Sweep... sweeps) {
        return new Sweeper(rig.database.runtime(), List.of(sweeps), Duration.ofMillis(50));
    }

    private ReleaseStale release() {
        return new ReleaseStale(rig.database.leases(), SweepRig.LEASE, "sweeper:rig");
    }

    @Test
    void aJobWhoseWorkerIsSilentIsReleasedAndTheOthersAreNot() {
        var silent = rig.database.aJob().claimedBy("gone");
        var alive = rig.database.aJob().claimedBy("alive");
        rig.silence(silent);

        release().run();

        rig.database.assertThatJob(silent.id()).isRetrying("HEARTBEAT_TIMEOUT").lastReasonIs("HEARTBEAT_TIMEOUT");
        rig.database.assertThatJob(alive.id()).is(JobState.RUNNING);
        assertThat(rig.database.reader().history(silent.id()))
                .last()
                .satisfies(event -> assertThat(event.actor()).isEqualTo("sweeper:rig"));
    }

    @Test
    void moreThanABatchOfStaleJobsIsReleasedWithoutAPause() {
        for (int i = 0; i < 501; i++) {
            rig.database.aJob().claimedBy("gone");
        }
        rig.database.asOwner("UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour'");
        assertThat(release().run()).isZero();
        assertThat(release().run()).isEqualTo(release().interval());
        assertThat(rig.database.ask("SELECT count(*) FROM pipeline_jobs WHERE status = 'running'"))
                .isEqualTo(0L);
    }

    @Test
    void whateverASweepThrowsTheOthersAndItselfGoOn() {
        var broken = new Counted("broken", () -> {
            throw new StackOverflowError("as bad as it gets");
        });
        var sound = new Counted("sound", () -> Duration.ofMillis(10));
        try (var sweeper = sweeper(broken, sound)) {
            assertThat(sweeper.isAlive()).isFalse();
            sweeper.start();
            await().until(() -> broken.runs().get() >= 3 && sound.runs().get() >= 3);
            assertThat(sweeper.isAlive()).isTrue();
            assertThat(rig.log()).anyMatch(line -> line.startsWith("ERROR sweep 'broken' failed"));
            sweeper.close();
            await().until(() -> !sweeper.isAlive());
        }
    }

    @Test
    void anInterruptThatASweepLeavesBehindIsNoReasonToStop() {
        var interrupted = new Counted("interrupted", () -> {
            Thread.currentThread().interrupt();
            return Duration.ZERO;
        });
        try (var sweeper = sweeper(interrupted)) {
            sweeper.start();
            await().until(() -> interrupted.runs().get() >= 3);
        }
    }

    @Test
    void aSweepThatPostgresRefusesIsAnError() {
        rig.database.asOwner("ALTER FUNCTION release_stale_jobs RENAME TO gone");
        try (var sweeper = sweeper(release())) {
            sweeper.start();
            await().until(() -> rig.log().stream().anyMatch(line -> line.startsWith("ERROR sweep 'release' failed")));
        }
    }

    @Test
    void aRedisThatRefusesIsNot() {
        rig.redis.call(jedis -> jedis.set("resque:queue:default", "not a list"));
        rig.insertDue(1);
        var sound = new Counted("sound", () -> Duration.ofMillis(500));
        try (var sweeper = sweeper(rig.pushMissing(SweepRig.HANDLER), sound)) {
            sweeper.start();
            await().until(() -> sound.runs().get() >= 3);
        }
        assertThat(rig.log()).noneMatch(line -> line.startsWith("ERROR"));
    }

    @Test
    void whileOneSweepsTheOthersLeaveItAlone() {
        var one = new Counted("shared", () -> Duration.ofMillis(10));
        var other = new Counted("own", () -> Duration.ofMillis(10));
        try (var sweeper = sweeper(one, other)) {
            rig.database.runtime().exclusively("jobtrail.sweep.shared", () -> {
                sweeper.start();
                await().until(() -> other.runs().get() >= 10);
                assertThat(one.runs().get()).isZero();
            });
            await().until(() -> one.runs().get() > 0);
        }
    }

    @Test
    void whatOneProcessHasDoneTheOthersLeaveForTheInterval() {
        var shared = new Counted("shared", () -> Duration.ofHours(1));
        var first = new Counted("first", () -> Duration.ofMillis(10));
        var second = new Counted("second", () -> Duration.ofMillis(10));
        try (var one = sweeper(shared, first);
                var other = sweeper(new Lasting(shared), second)) {
            one.start();
            await().until(() -> first.runs().get() > 0);
            assertThat(shared.runs().get()).isEqualTo(1);
            other.start();
            await().until(() -> second.runs().get() >= 3);
            assertThat(shared.runs().get()).isEqualTo(1);

            rig.database.asOwner("UPDATE pipeline_sweeps SET due_at = now() + interval '2 hours'");
        }
        try (var third = sweeper(new Lasting(shared))) { // the clock was set back since
            third.start();
            await().until(() -> shared.runs().get() == 2);
        }
    }

    /** The same with an hour between two runs. */
    private record Lasting(Counted sweep) implements Sweep {
        @Override
        public String name() {
            return sweep.name();
        }

        @Override
        public Duration interval() {
            return Duration.ofHours(1);
        }

        @Override
        public Duration run() {
            return sweep.run();
        }
    }

    @Test
    void aLogThatCannotBeWrittenEndsNothing() {
        var full = new ListAppender<ILoggingEvent>() {
            @Override
            public void doAppend(ILoggingEvent event) {
                throw new OutOfMemoryError("no room for another line");
            }
        };
        var logger = (Logger) LoggerFactory.getLogger(Sweeper.class);
        logger.addAppender(full);
        var broken = new Counted("broken", () -> {
            throw new IllegalStateException("so that there is something to log");
        });
        try (var sweeper = sweeper(broken)) {
            sweeper.start();
            await().until(() -> broken.runs().get() >= 3);
        } finally {
            logger.detachAppender(full);
        }
    }

    @Test
    void whatIsLeftOutAgainAndAgainIsWarnedOfOnce() {
        var away = new Counted("away", () -> {
            throw new JedisConnectionException("no connection");
        });
        try (var sweeper = sweeper(away)) {
            sweeper.start();
            await().until(() -> away.runs().get() >= 8);
        }
        assertThat(rig.log()).containsOnlyOnce("WARN sweep 'away' was left out 3 times in a row: no connection");
    }

    @Test
    void severalProcessesPushEachIdOnce() {
        rig.insertDue(300);
        try (var first = sweeper(rig.pushMissing(SweepRig.HANDLER));
                var second = sweeper(rig.pushMissing(SweepRig.HANDLER));
                var third = sweeper(rig.pushMissing(SweepRig.HANDLER))) {
            first.start();
            second.start();
            third.start();
            await().until(() -> rig.queue.length(QueueName.DEFAULT) >= 300);
            await().during(Duration.ofMillis(2500)).until(() -> rig.queue.length(QueueName.DEFAULT) == 300);
        }
    }
}
