package io.jobtrail.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.document.DocumentStore;
import io.jobtrail.job.Claim;
import io.jobtrail.store.ChunkStore;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What nobody can ever see is deleted, and nothing else. */
class RemoveLeftoversTest {
    @AutoClose
    private final SweepRig rig = new SweepRig();

    private final DocumentStore documents = new DocumentStore(rig.database.runtime());
    private final ChunkStore chunks = new ChunkStore(rig.database.runtime());
    private final RemoveLeftovers sweep = new RemoveLeftovers(documents, chunks);

    private UUID document() {
        return documents
                .put("a.txt", "text/plain", new ByteArrayInputStream(new byte[] {1}))
                .id();
    }

    private void age() {
        rig.database.asOwner("UPDATE pipeline_documents SET created_at = created_at - interval '61 minutes'");
    }

    private Claim withChunks(Claim claim, int count) {
        var some = Collections.nCopies(count, new ChunkStore.NewChunk("text", 1, null, null, new float[] {1}));
        assertThat(chunks.store(claim, 0, some)).isTrue();
        return claim;
    }

    private Claim again(Claim claim) {
        return rig.database
                .store()
                .claim(claim.id(), "w", List.of(SweepRig.HANDLER))
                .orElseThrow();
    }

    private void fail(Claim claim, boolean permanently) {
        rig.database.store().fail(claim, "TEST", "test", permanently, Duration.ZERO);
    }

    /** Job and version of what is left. */
    private List<String> left() {
        return rig.database
                .runtime()
                .list(
                        "SELECT DISTINCT job_id || ' ' || version FROM pipeline_chunks ORDER BY 1",
                        row -> row.getString(1));
    }

    private static String of(Claim claim) {
        return claim.id() + " " + claim.version();
    }

    @Test
    void anOldDocumentWithoutAJobGoesAndThoseWithOneOrYoungOnesStay() {
        var orphan = document();
        var needed = document();
        rig.database.aJob().document(needed).insert();
        age();
        var young = document();

        sweep.run();

        assertThat(documents.find(orphan)).isEmpty();
        assertThat(documents.find(needed)).isPresent();
        assertThat(documents.find(young)).isPresent();
        assertThat(rig.count("pipeline_document_parts")).isEqualTo(2);
    }

    @Test
    void thousandsOfDocumentsAreWalkedInStretches() {
        for (int i = 0; i < 11; i++) {
            rig.database.aJob().document(document()).insert();
            document();
        }
        age();
        var steps = new ArrayList<Integer>();
        var at = DocumentStore.Removal.BEGINNING;
        do {
            at = documents.removeUnreferenced(at, Duration.ofHours(1), 5, 2);
            steps.add(at.removed());
        } while (at.id() != null && steps.size() < 100);
        assertThat(steps).hasSizeGreaterThan(4).allMatch(removed -> removed <= 2);
        assertThat(rig.count("pipeline_documents")).isEqualTo(11);
    }

    @Test
    void moreThanOneBatchOfDocumentsIsDoneSoonAfter() {
        for (int i = 0; i < 25; i++) {
            document();
        }
        age();
        assertThat(sweep.run()).isLessThan(sweep.interval());
        assertThat(sweep.run()).isEqualTo(sweep.interval());
        assertThat(rig.count("pipeline_documents")).isZero();
    }

    @Test
    void onlyTheChunksOfTheAttemptThatFinishedTheJobStay() {
        var losing = withChunks(rig.database.aJob().claimedBy("w"), 3);
        fail(losing, false);
        var winning = withChunks(again(losing), 2);
        rig.database.store().complete(winning, "{}");

        sweep.run();

        assertThat(left()).containsExactly(of(winning));
        assertThat(rig.database.reader().chunks(winning.id(), -1, 10)).hasSize(2);
    }

    @Test
    void chunksOfFailedAndCancelledJobsGoAndThoseOfAllOthersStay() {
        var failed = withChunks(rig.database.aJob().claimedBy("w"), 2);
        fail(failed, true);
        var cancelled = withChunks(rig.database.aJob().claimedBy("w"), 2);
        rig.database.actions().cancel(cancelled.id(), "test", "test");
        rig.database.store().finishCancelled(cancelled);
        var running = withChunks(rig.database.aJob().claimedBy("w"), 2);
        var retrying = withChunks(rig.database.aJob().claimedBy("w"), 2);
        fail(retrying, false);
        var queued = withChunks(rig.database.aJob().claimedBy("w"), 2);
        rig.database.store().giveBack(queued, "test");
        var again = withChunks(rig.database.aJob().claimedBy("w"), 2);
        fail(again, true);
        rig.database.actions().retry(again.id(), "test", "test");

        sweep.run();

        assertThat(left()).containsExactlyInAnyOrder(of(running), of(retrying), of(queued), of(again));
    }

    @Test
    void manyChunksAreWalkedInStretches() {
        var kept = new ArrayList<String>();
        for (int i = 0; i < 5; i++) {
            var losing = withChunks(rig.database.aJob().claimedBy("w"), 3);
            fail(losing, false);
            var winning = withChunks(again(losing), 1);
            rig.database.store().complete(winning, "{}");
            kept.add(of(winning));
        }
        var steps = new ArrayList<Integer>();
        var at = ChunkStore.Removal.BEGINNING;
        do {
            at = chunks.removeUnseen(at, 4, 2);
            steps.add(at.removed());
        } while (at.job() != null && steps.size() < 100);
        assertThat(steps).hasSizeGreaterThan(7).allMatch(removed -> removed <= 2);
        assertThat(left()).containsExactlyInAnyOrderElementsOf(kept);
    }

    @Test
    void theWalkStartsAgainAtItsEnd() {
        sweep.run();
        var failed = withChunks(rig.database.aJob().claimedBy("w"), 1);
        document();
        age();
        sweep.run();
        assertThat(left()).containsExactly(of(failed));
        fail(failed, true);
        document();
        age();
        sweep.run();
        assertThat(left()).isEmpty();
        assertThat(rig.count("pipeline_documents")).isZero();
    }
}
