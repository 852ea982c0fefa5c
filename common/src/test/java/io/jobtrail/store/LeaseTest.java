package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.Claim;
import io.jobtrail.job.JobState;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Heartbeats, and what becomes of jobs without one. Time passes by making rows older. */
class LeaseTest {
    private static final Duration LEASE = Duration.ofSeconds(60);
    private static final List<String> HANDLERS = List.of("process_document");

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final JobStore store = database.store();
    private static final JobActions actions = database.actions();
    private static final Leases leases = database.leases();

    @Test
    void aJobWithoutHeartbeatIsRepeated() {
        var claim = database.aJob().claimedBy("w");
        silentFor(claim, "61 seconds");
        assertThat(release(claim)).contains(new Leases.Released(claim.id(), JobState.RETRYING, "w"));
        var job = database.assertThatJob(claim.id())
                .isRetrying("HEARTBEAT_TIMEOUT")
                .lastReasonIs("HEARTBEAT_TIMEOUT")
                .job();
        assertThat(job.error()).startsWith("worker w has not been heard of since 20");
        assertThat(database.ask("SELECT run_after > updated_at FROM pipeline_jobs WHERE id = ?", job.id()))
                .isEqualTo(true);
        var event = database.reader().history(claim.id()).get(2);
        assertThat(event.actor()).isEqualTo("sweeper");
        assertThat(event.metadata()).isEqualTo("{\"lost_by\": \"w\"}");
        assertThat(store.claim(claim.id(), "v", HANDLERS)).as("not at once").isEmpty();
    }

    @Test
    void aJobThatBeatsIsLeftAlone() {
        var claim = database.aJob().claimedBy("w");
        silentFor(claim, "50 seconds");
        assertThat(release(claim)).isEmpty();
        silentFor(claim, "1 hour");
        assertThat(beat(claim)).contains(new Leases.Pulse(false, false, true));
        assertThat(release(claim)).isEmpty();
        database.assertThatJob(claim.id()).is(JobState.RUNNING);
    }

    @Test
    void theLastAttemptFails() {
        var claim = database.aJob().maxAttempts(1).claimedBy("w");
        silentFor(claim, "61 seconds");
        assertThat(release(claim).orElseThrow().status()).isEqualTo(JobState.FAILED);
        database.assertThatJob(claim.id()).isFailed("HEARTBEAT_TIMEOUT");
    }

    @Test
    void theThirdWorkerLostMakesItAPoisonJob() {
        var claim = database.aJob().maxAttempts(100).claimedBy("w");
        for (int i = 0; i < 2; i++) {
            silentFor(claim, "61 seconds");
            assertThat(release(claim).orElseThrow().status()).isEqualTo(JobState.RETRYING);
            claim = claimAgain(claim.id());
        }
        silentFor(claim, "61 seconds");
        release(claim);
        database.assertThatJob(claim.id()).isFailed("POISON_JOB").lastReasonIs("POISON_JOB");

        actions.retry(claim.id(), "anna", "OPERATOR_RETRY");
        claim = claimAgain(claim.id());
        silentFor(claim, "61 seconds");
        release(claim);
        database.assertThatJob(claim.id()).isRetrying("HEARTBEAT_TIMEOUT");
    }

    @Test
    void anAttemptPastItsDeadlineIsNotRenewed() {
        var claim = database.aJob().timeoutSec(100).claimedBy("w");
        database.asOwner("UPDATE pipeline_jobs SET started_at = started_at - interval '101 seconds' WHERE id = '"
                + claim.id() + "'");
        assertThat(beat(claim)).contains(new Leases.Pulse(false, true, true));
        assertThat(release(claim))
                .as("the lease ends one lease after the deadline")
                .isEmpty();
        passes(claim, "61 seconds");
        assertThat(beat(claim)).contains(new Leases.Pulse(false, true, true));
        assertThat(release(claim).orElseThrow().status()).isEqualTo(JobState.RETRYING);
        var job = database.assertThatJob(claim.id())
                .isRetrying("TIMEOUT")
                .lastReasonIs("TIMEOUT")
                .job();
        assertThat(job.error()).isEqualTo("the attempt ran longer than 100 s");
        assertThat(database.ask("SELECT workers_lost FROM pipeline_jobs WHERE id = ?", claim.id()))
                .as("the worker is not to blame")
                .isEqualTo(0);
    }

    @Test
    void aWorkerThatVanishedBeforeTheDeadlineIsLostHoweverLateThatIsNoticed() {
        var claim = database.aJob().timeoutSec(10).claimedBy("w");
        passes(claim, "1 hour");
        release(claim);
        database.assertThatJob(claim.id()).isRetrying("HEARTBEAT_TIMEOUT");
        assertThat(database.ask("SELECT workers_lost FROM pipeline_jobs WHERE id = ?", claim.id()))
                .isEqualTo(1);
    }

    @Test
    void aJobThatShouldStopIsCancelledWhenItsWorkerIsGone() {
        var claim = database.aJob().claimedBy("w");
        actions.cancel(claim.id(), "anna", "WRONG_FILE");
        silentFor(claim, "61 seconds");
        assertThat(release(claim).orElseThrow().status()).isEqualTo(JobState.CANCELLED);
        database.assertThatJob(claim.id()).is(JobState.CANCELLED).lastReasonIs("WRONG_FILE");
    }

    @Test
    void onlyAsManyAsAskedForAreReleased() {
        for (int i = 0; i < 3; i++) {
            silentFor(database.aJob().claimedBy("many"), "2 hours");
        }
        assertThat(leases.releaseStale(Duration.ofHours(1), 2, "sweeper")).hasSize(2);
        assertThat(leases.releaseStale(Duration.ofHours(1), 2, "sweeper")).hasSize(1);
    }

    @Test
    void aRowThatAnotherTransactionHoldsIsSkipped() {
        var claim = database.aJob().claimedBy("w");
        silentFor(claim, "61 seconds");
        database.runtime().inTransaction(connection -> {
            Database.update(connection, "UPDATE pipeline_jobs SET stage = 'x' WHERE id = ?", claim.id());
            assertThat(release(claim)).isEmpty();
            return null;
        });
        assertThat(release(claim)).isPresent();
    }

    @Test
    void aHeartbeatCarriesStageAndProgressAndLeavesWhatItDoesNotName() {
        var claim = database.aJob().claimedBy("w");
        leases.updateHeartbeats(List.of(new Leases.Beat(claim.id(), claim.version(), "a\0\ud800", 0.25)));
        beat(claim);
        var job = database.assertThatJob(claim.id()).job();
        assertThat(job.stage()).isEqualTo("a\ufffd\ufffd");
        assertThat(job.progress()).isEqualTo(0.25);
    }

    @Test
    void oneAbsurdProgressDoesNotCostTheOthersTheirLease() {
        var odd = database.aJob().claimedBy("w");
        var good = database.aJob().claimedBy("w");
        silentFor(good, "1 hour");
        for (var progress : List.of(Double.NaN, 7.0, -1.0)) {
            assertThat(leases.updateHeartbeats(List.of(
                            new Leases.Beat(odd.id(), odd.version(), null, progress),
                            new Leases.Beat(good.id(), good.version(), "x", 0.5))))
                    .hasSize(2);
        }
        assertThat(database.assertThatJob(odd.id()).job().progress()).isNull();
        assertThat(database.assertThatJob(good.id()).job().progress()).isEqualTo(0.5);
        assertThat(release(good)).isEmpty();
    }

    @Test
    void aRowThatAnotherTransactionHoldsCostsNeitherItsClaimNorTheLeaseOfOthers() {
        var held = database.aJob().claimedBy("w");
        var other = database.aJob().claimedBy("w");
        silentFor(other, "1 hour");
        database.runtime().inTransaction(connection -> {
            Database.update(connection, "UPDATE pipeline_jobs SET stage = 'x' WHERE id = ?", held.id());
            assertThat(leases.updateHeartbeats(List.of(
                            new Leases.Beat(held.id(), held.version(), null, null),
                            new Leases.Beat(other.id(), other.version(), null, null))))
                    .containsEntry(held.id(), new Leases.Pulse(false, false, false))
                    .containsEntry(other.id(), new Leases.Pulse(false, false, true));
            assertThat(database.ask("SELECT update_job_heartbeat(?, ?)", held.id(), held.version()))
                    .isEqualTo(false);
            return null;
        });
        assertThat(release(other)).isEmpty();
        assertThat(beat(held)).contains(new Leases.Pulse(false, false, true));
    }

    @Test
    void heartbeatsAreCheapAndWriteNoEvents() {
        var claim = database.aJob().claimedBy("w");
        var before = updates();
        try (var one = new Database(database.url(), "beats", 0, 1)) { // a session that ends hands in its statistics
            var beats = new Leases(one);
            for (int i = 0; i < 300; i++) {
                beats.updateHeartbeats(
                        List.of(new Leases.Beat(claim.id(), claim.version(), "stage-" + i % 7, i / 300.0)));
            }
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> updates()[0] - before[0] >= 300);
        assertThat(updates()[1] - before[1]).as("HOT updates").isGreaterThanOrEqualTo(295);
        database.assertThatJob(claim.id()).is(JobState.RUNNING).hasHistory("queued", "running");
    }

    /** All updates of the jobs, and those that touched no index. */
    private static long[] updates() {
        return database.runtime()
                .first(
                        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'pipeline_jobs'",
                        row -> new long[] {row.getLong(1), row.getLong(2)})
                .orElseThrow();
    }

    private static Optional<Leases.Pulse> beat(Claim claim) {
        return Optional.ofNullable(
                leases.updateHeartbeats(List.of(new Leases.Beat(claim.id(), claim.version(), null, null)))
                        .get(claim.id()));
    }

    private static void silentFor(Claim claim, String interval) {
        database.asOwner("UPDATE pipeline_jobs SET last_heartbeat_at = clock_timestamp() - interval '" + interval
                + "' WHERE id = '" + claim.id() + "'");
    }

    private static Optional<Leases.Released> release(Claim claim) {
        return leases.releaseStale(LEASE, 500, "sweeper").stream()
                .filter(released -> released.id().equals(claim.id()))
                .findFirst();
    }

    private static Claim claimAgain(UUID id) {
        database.asOwner("UPDATE pipeline_jobs SET run_after = now() WHERE id = '" + id + "'");
        return store.claim(id, "w", HANDLERS).orElseThrow();
    }

    /** As if so much time had gone by since the claim was made and last renewed. */
    private static void passes(Claim claim, String time) {
        database.asOwner("UPDATE pipeline_jobs SET started_at = started_at - interval '" + time
                + "', last_heartbeat_at = last_heartbeat_at - interval '" + time + "' WHERE id = '" + claim.id() + "'");
    }
}
