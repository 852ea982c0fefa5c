package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.store.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A worker that goes on with the next job in the commit that records the last one. */
class NextJobTest extends RunnerTest {
    @AfterEach
    void end() {
        assertThat(database.reader().verifyTrail(null)).isEmpty();
    }

    private static List<UUID> jobs(int count) {
        return Stream.generate(() -> RunnerRig.aJob(database).insert())
                .limit(count)
                .toList();
    }

    private void runAll(List<UUID> ids) {
        Deque<UUID> rest = new ArrayDeque<>(ids);
        Supplier<Optional<UUID>> next = () -> Optional.ofNullable(rest.poll());
        while (!rest.isEmpty()) {
            rig.runner.run(rest.poll(), "w", next);
        }
    }

    private static Object transactionOf(UUID id, int seq) {
        return database.ask("SELECT xmin::text FROM pipeline_job_events WHERE job_id = ? AND seq = ?", id, seq);
    }

    @Test
    void oneJobIsRecordedInTheCommitThatClaimsTheNext() {
        var ids = jobs(4);
        rig.handler.will((job, context) -> job.id());
        runAll(ids);
        ids.forEach(id -> assertThat(database.assertThatJob(id)
                        .hasHistory("queued", "running", "finished")
                        .job()
                        .result())
                .isEqualTo("\"" + id + "\""));
        for (int i = 1; i < ids.size(); i++) {
            assertThat(transactionOf(ids.get(i), 2)).isEqualTo(transactionOf(ids.get(i - 1), 3));
        }
    }

    @Test
    void theNextJobRunsHoweverTheLastOneEnded() {
        database.asOwner(
                "ALTER TABLE pipeline_jobs ADD CONSTRAINT picky CHECK (result IS DISTINCT FROM '\"refused\"'::jsonb)");
        var ids = jobs(5);
        rig.handler.will((job, context) -> {
            switch (ids.indexOf(job.id())) {
                case 0 -> throw new IllegalStateException("fails");
                case 1 -> {
                    return "refused";
                }
                case 2 -> { // lost to somebody else while it runs
                    database.leases().releaseStale(Duration.ofDays(-1), 10, "test");
                    return "late";
                }
                default -> {
                    return "ok";
                }
            }
        });
        try {
            runAll(ids);
        } finally {
            database.asOwner("ALTER TABLE pipeline_jobs DROP CONSTRAINT picky");
        }
        database.assertThatJob(ids.get(0)).isRetrying("HANDLER_ERROR");
        database.assertThatJob(ids.get(1)).isFailed("RESULT_INVALID");
        database.assertThatJob(ids.get(2)).isRetrying("HEARTBEAT_TIMEOUT");
        database.assertThatJob(ids.get(3)).isFinished();
        database.assertThatJob(ids.get(4)).isFinished();
    }

    @Test
    void whatCannotBeClaimedEndsTheRowAndCostsTheLastJobNothing() {
        var ids = jobs(2);
        rig.handler.will((job, context) -> "ok");
        rig.runner.run(ids.get(0), "w", () -> Optional.of(UUID.randomUUID()));
        database.assertThatJob(ids.get(0)).isFinished();
        rig.runner.run(ids.get(1), "w", Optional::empty);
        database.assertThatJob(ids.get(1)).isFinished();
        rig.runner.run(ids.get(1), "w", () -> {
            throw new AssertionError("asked for more although nothing ran");
        });
    }

    @Test
    void aClaimWhoseAnswerGotLostIsTakenUp() {
        var ids = jobs(2);
        var lost =
                rig.store.claim(ids.get(1), "w", List.of(ScriptedHandler.NAME)).orElseThrow();
        assertThat(rig.store.claimOf(ids.get(1), "w")).contains(lost);
        assertThat(rig.store.claimOf(ids.get(1), "another")).isEmpty();
        assertThat(rig.store.claimOf(ids.get(0), "w")).isEmpty();
    }

    @Test
    void theRecordOfALockedJobWaitsAndTheNextOneIsClaimedAllTheSame() throws Exception {
        var ids = jobs(2);
        try (var owner = database.connect()) {
            owner.setAutoCommit(false);
            rig.handler.will((job, context) -> {
                if (job.id().equals(ids.get(0))) {
                    Database.list(owner, "SELECT id FROM pipeline_jobs WHERE id = ? FOR UPDATE", row -> 1, job.id());
                    new Thread(() -> unlockOnceWaitedFor(owner)).start();
                }
                return "ok";
            });
            runAll(ids);
        }
        ids.forEach(id -> database.assertThatJob(id).isFinished());
    }

    @Test
    void aNextJobThatWaitedForThatRecordIsRenewedSoon() throws Exception {
        var ids = jobs(2);
        var interval = Duration.ofSeconds(3);
        try (var owner = database.connect();
                var slow = new RunnerRig(database.runtime(), database.url(), interval, RunnerRig.LONG)) {
            owner.setAutoCommit(false);
            slow.handler.will((job, context) -> {
                if (job.id().equals(ids.get(0))) {
                    Database.list(owner, "SELECT id FROM pipeline_jobs WHERE id = ? FOR UPDATE", row -> 1, job.id());
                    new Thread(() -> unlockOnce(owner, () -> isHeldFor(ids.get(1), interval))).start();
                } else {
                    await().until(() -> renewedAfter(job.id()) > 0);
                }
                return "ok";
            });
            slow.runner.run(ids.get(0), "w", () -> Optional.of(ids.get(1)));
        }
        assertThat(renewedAfter(ids.get(1)))
                .as("seconds, not a whole interval after the wait")
                .isLessThan(2.0 * interval.toSeconds());
    }

    private static boolean isHeldFor(UUID id, Duration time) {
        return (Boolean) database.ask(
                "SELECT status = 'running' AND clock_timestamp() - started_at > ? * interval '1 s' FROM pipeline_jobs WHERE id = ?",
                time.toSeconds(),
                id);
    }

    private static double renewedAfter(UUID id) {
        return (Double) database.ask(
                "SELECT extract(epoch FROM last_heartbeat_at - started_at)::float8 FROM pipeline_jobs WHERE id = ?",
                id);
    }

    private static void unlockOnceWaitedFor(Connection owner) {
        unlockOnce(owner, () -> (Long) database.ask("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0);
    }

    private static void unlockOnce(Connection owner, Callable<Boolean> condition) {
        await().until(condition);
        try {
            owner.rollback();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
