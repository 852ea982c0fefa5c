package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.Claim;
import io.jobtrail.job.JobState;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A worker whose claim is lost changes nothing any more, whatever it tries. */
class FenceTest {
    private static final List<String> HANDLERS = List.of("process_document");

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final JobStore store = database.store();
    private static final JobActions actions = database.actions();
    private static final Leases leases = database.leases();

    /** The ways in which a claim is lost. */
    static Stream<Named<Consumer<Claim>>> losses() {
        Consumer<Claim> released = claim -> release(claim);
        Consumer<Claim> claimedAgain = claim -> {
            release(claim);
            makeDue(claim);
            assertThat(store.claim(claim.id(), "other", HANDLERS)).isPresent();
        };
        Consumer<Claim> claimedAgainBySameWorker = claim -> {
            store.giveBack(claim, "WORKER_SHUTDOWN");
            assertThat(store.claim(claim.id(), claim.worker(), HANDLERS)).isPresent();
        };
        Consumer<Claim> finishedByAnother = claim -> {
            release(claim);
            makeDue(claim);
            store.complete(store.claim(claim.id(), "other", HANDLERS).orElseThrow(), "{\"by\": \"other\"}");
        };
        Consumer<Claim> finishedByItself = claim ->
                assertThat(store.complete(claim, "{\"by\": \"first\"}")).isTrue();
        return Stream.of(
                Named.of("released", released),
                Named.of("claimed again", claimedAgain),
                Named.of("claimed again by the same worker", claimedAgainBySameWorker),
                Named.of("finished by another", finishedByAnother),
                Named.of("finished by itself", finishedByItself));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void aLostClaimWritesNothing(Consumer<Claim> lose) {
        var claim = database.aJob().claimedBy("w");
        lose.accept(claim);
        var before = database.assertThatJob(claim.id()).job();

        assertThat(leases.updateHeartbeats(List.of(new Leases.Beat(claim.id(), claim.version(), "late", 0.9))))
                .isEmpty();
        assertThat(store.complete(claim, "{\"by\": \"late\"}")).isFalse();
        assertThat(store.fail(claim, "LATE", "late", true, Duration.ZERO)).isEmpty();
        assertThat(store.giveBack(claim, "LATE")).isEmpty();
        assertThat(store.askPerson(claim, "late", "confirm", "{}")).isFalse();
        assertThat(store.finishCancelled(claim)).isFalse();
        assertThat(new ChunkStore(database.runtime())
                        .store(claim, 0, List.of(new ChunkStore.NewChunk("late", 1, 1, 1, new float[] {1}))))
                .isFalse();

        assertThat(database.assertThatJob(claim.id()).job()).isEqualTo(before);
        assertThat(database.ask("SELECT count(*) FROM pipeline_chunks WHERE job_id = ?", claim.id()))
                .isEqualTo(0L);
        assertThat(database.ask("SELECT count(*) FROM pipeline_job_prompts WHERE job_id = ?", claim.id()))
                .isEqualTo(0L);
        assertThat(database.reader().verifyTrail(claim.id())).isEmpty();
    }

    @Test
    void aLostClaimDoesNotCancelWhatItsSuccessorWasAskedToCancel() {
        var claim = database.aJob().claimedBy("w");
        release(claim);
        makeDue(claim);
        var next = store.claim(claim.id(), "other", HANDLERS).orElseThrow();
        actions.cancel(claim.id(), "anna", "CANCELLED");
        assertThat(store.finishCancelled(claim)).isFalse();
        database.assertThatJob(claim.id()).is(JobState.RUNNING);
        assertThat(store.finishCancelled(next)).isTrue();
    }

    @Test
    void theFormsForPeopleAreFencedToo() {
        var claim = database.aJob().claimedBy("w");
        release(claim);
        for (var call : List.of(
                "update_job_heartbeat(?, ?, 'late')",
                "complete_job(?, ?, '{}')",
                "fail_job(?, ?, 'LATE', 'late')",
                "ask_person(?, ?, 'late', 'confirm', '{}')")) {
            assertThat(database.runtime()
                            .first("SELECT " + call, row -> row.getBoolean(1), claim.id(), claim.version()))
                    .contains(false);
        }
        database.assertThatJob(claim.id()).isRetrying("HEARTBEAT_TIMEOUT");
    }

    @Test
    void theHolderLearnsHowItsLastWriteEnded() {
        var claim = database.aJob().claimedBy("w");
        assertThat(store.leftAs(claim)).isEmpty();
        store.complete(claim, "{}");
        assertThat(store.leftAs(claim)).contains(JobState.FINISHED);

        var lost = database.aJob().claimedBy("w");
        release(lost);
        assertThat(store.leftAs(lost)).isEmpty();
    }

    @Test
    void chunksOfALostAttemptAreNeverSeen() {
        var chunks = new ChunkStore(database.runtime());
        var first = database.aJob().claimedBy("w");
        assertThat(chunks.store(first, 0, List.of(chunk("first"), chunk("first too"))))
                .isTrue();
        release(first);
        makeDue(first);
        var second = store.claim(first.id(), "other", HANDLERS).orElseThrow();
        assertThat(chunks.store(second, 0, List.of(chunk("second")))).isTrue();
        assertThat(database.reader().chunks(first.id(), -1, 10)).isEmpty();
        store.complete(second, "{}");
        assertThat(database.reader().chunks(first.id(), -1, 10))
                .extracting(JobReader.StoredChunk::text)
                .containsExactly("second");
    }

    @Test
    void chunksSentTwiceAfterALostAnswerAreKeptOnce() {
        var chunks = new ChunkStore(database.runtime());
        var claim = database.aJob().claimedBy("w");
        assertThat(chunks.store(claim, 0, List.of(chunk("a"), chunk("b")))).isTrue();
        assertThat(chunks.store(claim, 0, List.of(chunk("a"), chunk("b")))).isTrue();
        store.complete(claim, "{}");
        assertThat(database.reader().chunks(claim.id(), -1, 10)).hasSize(2);
    }

    private static ChunkStore.NewChunk chunk(String text) {
        return new ChunkStore.NewChunk(text, 1, null, null, new float[] {0.5f, -1f});
    }

    private static void release(Claim claim) {
        database.asOwner(
                "UPDATE pipeline_jobs SET last_heartbeat_at = last_heartbeat_at - interval '1 hour' WHERE id = '"
                        + claim.id() + "'");
        assertThat(leases.releaseStale(Duration.ofMinutes(30), 100, "sweeper"))
                .extracting(Leases.Released::id)
                .contains(claim.id());
    }

    private static void makeDue(Claim claim) {
        database.asOwner("UPDATE pipeline_jobs SET run_after = now() WHERE id = '" + claim.id() + "'");
    }
}
