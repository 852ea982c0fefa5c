package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.Claim;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.Together;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may run a job: one worker at a time, and only when it is due. */
class ClaimTest {
    private static final List<String> HANDLERS = List.of("process_document");
    private static final List<QueueName> ALL = List.of(QueueName.values());

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final JobStore store = database.store();
    private static final JobActions actions = database.actions();

    @BeforeEach
    void nothingIsDue() {
        database.asOwner(
                "UPDATE pipeline_queues SET paused = false",
                "UPDATE pipeline_jobs SET status = 'cancelled' WHERE status IN ('queued', 'retrying')");
    }

    @Test
    void aClaimHoldsWhatTheWorkerNeeds() {
        var id = database.aJob()
                .queue(QueueName.URGENT)
                .input(java.util.Map.of("n", 1))
                .timeoutSec(9)
                .insert();
        var claim = store.claim(id, "w", HANDLERS).orElseThrow();
        assertThat(claim.worker()).isEqualTo("w");
        assertThat(claim.version()).isEqualTo(2);
        assertThat(claim.timeout()).isEqualTo(Duration.ofSeconds(9));
        assertThat(claim.job().attempt()).isEqualTo(1);
        assertThat(claim.job().queue()).isEqualTo("urgent");
        assertThat(claim.job().input()).isEqualTo(java.util.Map.of("n", 1));
        database.assertThatJob(id).is(JobState.RUNNING).lastReasonIs("CLAIMED");
        assertThat(database.reader().history(id).get(1).actor()).isEqualTo("worker:w");
    }

    @Test
    void aJobIsNotClaimedBeforeItIsDue() {
        var id = database.aJob().dueAt(Instant.now().plusSeconds(600)).insert();
        assertThat(nobodyGets(id)).isTrue();
        database.asOwner("UPDATE pipeline_jobs SET run_after = now() WHERE id = '" + id + "'");
        assertThat(store.claim(id, "w", HANDLERS)).isPresent();
    }

    @Test
    void aJobIsNotClaimedForAHandlerThatTheWorkerLacks() {
        var id = database.aJob().handler("transcribe").insert();
        assertThat(nobodyGets(id)).isTrue();
        assertThat(store.claim(id, "w", List.of("x", "transcribe"))).isPresent();
    }

    @Test
    void aPausedQueueIsLeftAlone() {
        var paused = database.aJob().queue(QueueName.SLOW).insert();
        database.asOwner("UPDATE pipeline_queues SET paused = true WHERE name = 'slow'");
        assertThat(nobodyGets(paused)).isTrue();
        var other = database.aJob().queue(QueueName.DEFAULT).insert();
        assertThat(store.claim(other, "w", HANDLERS)).isPresent();
        database.asOwner("UPDATE pipeline_queues SET paused = false");
        assertThat(store.claim(ALL, 5, "w", HANDLERS)).extracting(Claim::id).containsExactly(paused);
    }

    @Test
    void whatIsCancelledFinishedRunningOrUnknownIsNotClaimed() {
        var cancelled = database.aJob().insert();
        actions.cancel(cancelled, "anna", "CANCELLED");
        var running = database.aJob().claimedBy("w");
        var finished = database.aJob().claimedBy("w");
        store.complete(finished, null);
        assertThat(nobodyGets(cancelled)).isTrue();
        assertThat(nobodyGets(running.id())).isTrue();
        assertThat(nobodyGets(finished.id())).isTrue();
        assertThat(nobodyGets(JobIds.next())).isTrue();
    }

    @Test
    void eightThreadsThatClaimTheSameIdsGetEachOnce() {
        var ids = new ArrayList<UUID>();
        for (int i = 0; i < 25; i++) {
            ids.add(database.aJob().insert());
        }
        var claims = Together.run(
                        8,
                        worker -> ids.stream()
                                .map(id -> store.claim(id, "w" + worker, HANDLERS))
                                .flatMap(Optional::stream)
                                .toList())
                .stream()
                .flatMap(List::stream)
                .toList();
        assertThat(claims).extracting(Claim::id).containsExactlyInAnyOrderElementsOf(ids);
        assertThat(claims).extracting(Claim::version).containsOnly(2);
        ids.forEach(id -> database.assertThatJob(id).is(JobState.RUNNING).hasHistory("queued", "running"));
    }

    @Test
    void oneStatementWithTheSameIdTwiceClaimsItOnce() {
        var id = database.aJob().insert();
        var rows = database.runtime()
                .list(
                        "SELECT version FROM claim_jobs_by_id(ARRAY[?, ?], ARRAY['a', 'b'], ARRAY['process_document'])",
                        row -> row.getInt(1),
                        id,
                        id);
        assertThat(rows).containsExactly(2);
    }

    @Test
    void withoutRedisTheQueuesAreServedInStrictPriorityAndTheOldestFirst() {
        var now = Instant.now().minusSeconds(100);
        var slow = database.aJob()
                .queue(QueueName.SLOW)
                .dueAt(now.minusSeconds(50))
                .insert();
        var young = database.aJob().queue(QueueName.DEFAULT).dueAt(now).insert();
        var old = database.aJob()
                .queue(QueueName.DEFAULT)
                .dueAt(now.minusSeconds(9))
                .insert();
        var urgent = database.aJob()
                .queue(QueueName.URGENT)
                .dueAt(now.plusSeconds(20))
                .insert();

        var order = new ArrayList<UUID>();
        for (int i = 0; i < 4; i++) {
            store.claim(ALL, 1, "w", HANDLERS).forEach(claim -> order.add(claim.id()));
        }
        assertThat(order).containsExactly(urgent, old, young, slow);
        assertThat(store.claim(ALL, 1, "w", HANDLERS)).isEmpty();
    }

    @Test
    void severalAtOnceComeInTheSameOrder() {
        var now = Instant.now().minusSeconds(1_000);
        var expected = new ArrayList<UUID>();
        for (var queue : List.of(QueueName.SLOW, QueueName.URGENT, QueueName.DEFAULT)) {
            for (int i = 0; i < 40; i++) {
                expected.add(
                        0,
                        database.aJob().queue(queue).dueAt(now.minusSeconds(i)).insert());
            }
        }
        var order = List.of(QueueName.DEFAULT, QueueName.URGENT, QueueName.SLOW);
        assertThat(store.claim(order, 500, "w", HANDLERS)).extracting(Claim::id).containsExactlyElementsOf(expected);
    }

    @Test
    void onlyTheNamedQueuesAreServed() {
        database.aJob().queue(QueueName.URGENT).insert();
        assertThat(store.claim(List.of(QueueName.SLOW, QueueName.DEFAULT), 5, "w", HANDLERS))
                .isEmpty();
    }

    @Test
    void whatAnotherTransactionHoldsIsSkippedAndNotWaitedFor() {
        var held = database.aJob().dueAt(Instant.now().minusSeconds(50)).insert();
        var free = database.aJob().insert();
        database.runtime().inTransaction(connection -> {
            Database.list(
                    connection, "SELECT id FROM pipeline_jobs WHERE id = ? FOR UPDATE", row -> row.getObject(1), held);
            assertThat(store.claim(ALL, 1, "w", HANDLERS)).extracting(Claim::id).containsExactly(free);
            return null;
        });
    }

    @Test
    void sixWorkersWithoutRedisGetThreeHundredJobsEachOnce() {
        var ids = new HashSet<UUID>();
        store.enqueue(java.util.stream.Stream.generate(() -> database.aJob().asked())
                        .limit(300)
                        .toList())
                .forEach(accepted -> ids.add(accepted.id()));
        var taken = new AtomicInteger();
        var claims = Together.run(6, worker -> {
                    var mine = new ArrayList<Claim>();
                    while (taken.get() < 300) {
                        var more = store.claim(ALL, 7, "w" + worker, HANDLERS);
                        taken.addAndGet(more.size());
                        mine.addAll(more);
                    }
                    return mine;
                })
                .stream()
                .flatMap(List::stream)
                .toList();
        assertThat(claims).hasSize(300);
        assertThat(claims).extracting(Claim::id).containsExactlyInAnyOrderElementsOf(ids);
        assertThat(database.reader().verifyTrail(null)).isEmpty();
    }

    private static boolean nobodyGets(UUID id) {
        return store.claim(id, "w", HANDLERS).isEmpty()
                && store.claim(ALL, 50, "w", HANDLERS).stream()
                        .noneMatch(claim -> claim.id().equals(id));
    }
}
