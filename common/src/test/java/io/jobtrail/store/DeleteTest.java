package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.job.JobAction;
import io.jobtrail.job.JobEvent;
import io.jobtrail.job.JobFilter;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.JobState;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A job that somebody deletes is hidden and cancelled, and nothing of its trail goes. */
class DeleteTest {
    private static final UUID SYSTEM = new UUID(0, 0);

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final JobStore store = database.store();
    private static final JobActions actions = database.actions();

    private static UUID jobIn(String state) {
        var claim = database.aJob().claimedBy("w");
        switch (state) {
            case "queued" -> store.giveBack(claim, "TEST");
            case "retrying" -> store.fail(claim, "A", "a", false, Duration.ofHours(1));
            case "awaiting_input" -> store.askPerson(claim, "sure", "confirm", "{}");
            case "finished" -> store.complete(claim, "1");
            case "failed" -> store.fail(claim, "A", "a", true, Duration.ZERO);
            case "cancelled" -> {
                actions.cancel(claim.id(), "bob", "FIRST");
                store.finishCancelled(claim);
            }
            default -> assertThat(state).isEqualTo("running");
        }
        database.assertThatJob(claim.id()).is(JobState.of(state));
        return claim.id();
    }

    @ParameterizedTest
    @CsvSource({
        "queued, cancelled, sent twice",
        "retrying, cancelled, sent twice",
        "awaiting_input, cancelled, sent twice",
        "running, running, CLAIMED",
        "finished, finished, COMPLETED",
        "failed, failed, A",
        "cancelled, cancelled, FIRST"
    })
    void whateverItsStateItIsHiddenAndTheTrailTellsWhoDidIt(String before, String after, String lastReason) {
        var id = jobIn(before);
        var counted = counted();
        var acted = actions.act(JobAction.DELETE, List.of(id), "anna", "sent twice");
        assertThat(acted.get(id).done()).isTrue();
        assertThat(acted.get(id).status()).isEqualTo(JobState.of(after));

        assertThat(database.reader().job(id)).isEmpty();
        assertThat(database.reader()
                        .page(new JobFilter(null, null, null, null, null, null, null, 500))
                        .jobs())
                .noneMatch(job -> job.id().equals(id));
        assertThat(counted()).isEqualTo(counted - 1);
        assertThat(database.reader().isKnown(id)).isTrue();
        assertThat(database.reader().verifyTrail(id)).isEmpty();
        assertThat(last(id).newState()).isEqualTo(after);
        assertThat(last(id).reason()).isEqualTo(lastReason);

        var told = last(SYSTEM);
        assertThat(told.newState()).isEqualTo("hidden");
        assertThat(told.actor()).isEqualTo("anna");
        assertThat(told.reason()).isEqualTo("sent twice");
        assertThat(told.metadata()).contains(id.toString(), after);
        assertThat(database.reader().verifyTrail(SYSTEM)).isEmpty();
    }

    @Test
    void aRunningOneIsStillKeptAliveUntilItsWorkerStopsAsItWasAsked() {
        var claim = database.aJob().claimedBy("w");
        actions.act(JobAction.DELETE, List.of(claim.id()), "anna", null);
        var pulse = database.leases()
                .updateHeartbeats(List.of(new Leases.Beat(claim.id(), claim.version(), null, null)))
                .get(claim.id());
        assertThat(pulse.renewed()).isTrue();
        assertThat(pulse.cancelRequested()).isTrue();
        assertThat(store.finishCancelled(claim)).isTrue();
        assertThat(last(claim.id()).actor()).isEqualTo("anna");
        assertThat(last(claim.id()).reason()).isEqualTo("DELETED");
        assertThat(database.reader().job(claim.id())).isEmpty();
    }

    @Test
    void whatIsHiddenIsLikeWhatNeverWas() {
        var id = jobIn("failed");
        actions.act(JobAction.DELETE, List.of(id), "anna", null);
        for (var action : JobAction.values()) {
            assertThat(actions.act(action, List.of(id, JobIds.next()), "bob", null))
                    .as(action.wireName())
                    .isEmpty();
        }
        assertThat(last(id).newState()).isEqualTo("failed");
        assertThat(database.ask("SELECT delete_job(?)", id)).isEqualTo(false);
    }

    @Test
    void hidingByHandIsToldToo() {
        var id = jobIn("finished");
        database.runtime().update("UPDATE pipeline_jobs SET deleted_at = now() WHERE id = ?", id);
        assertThat(last(SYSTEM).newState()).isEqualTo("hidden");
        assertThat(last(SYSTEM).reason()).isEqualTo("MANUAL");
        assertThat(last(SYSTEM).actor()).startsWith("db:");
        database.runtime().update("UPDATE pipeline_jobs SET deleted_at = NULL WHERE id = ?", id);
        assertThat(last(SYSTEM).newState()).isEqualTo("shown");
        database.assertThatJob(id).isFinished();
    }

    @Test
    void chunksOfAFinishedJobStayWithIt() {
        var claim = database.aJob().claimedBy("w");
        var chunks = new ChunkStore(database.runtime());
        chunks.store(claim, 0, List.of(new ChunkStore.NewChunk("text", 1, 1, 1, new float[] {1})));
        store.complete(claim, "1");
        actions.act(JobAction.DELETE, List.of(claim.id()), "anna", null);
        for (var at = ChunkStore.Removal.BEGINNING; ; ) {
            at = chunks.removeUnseen(at, 100, 100);
            if (at.job() == null) {
                break;
            }
        }
        database.runtime().update("UPDATE pipeline_jobs SET deleted_at = NULL WHERE id = ?", claim.id());
        assertThat(database.reader().chunks(claim.id(), -1, 10)).hasSize(1);
    }

    @Test
    void theProcessesWriteIntoTheTrailOfTheSystemInNoOtherWay() {
        assertThatThrownBy(() -> database.runtime()
                        .first("SELECT append_to_system_trail('hidden', 'anna', 'x', '{}')", row -> row.getObject(1)))
                .hasMessageContaining("permission denied");
    }

    private static JobEvent last(UUID id) {
        var events = database.reader().history(id);
        return events.get(events.size() - 1);
    }

    private static long counted() {
        return database.reader().counts().values().stream()
                .map(Map::values)
                .flatMap(counts -> counts.stream())
                .mapToLong(count -> count)
                .sum();
    }
}
