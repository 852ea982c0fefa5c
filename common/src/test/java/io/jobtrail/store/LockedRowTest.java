package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.Claim;
import io.jobtrail.job.NewJob;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Somebody has locked a row, and takes his time: who waits for it, how long, and what the others have of it. */
class LockedRowTest {
    private static final int THREADS = 8;
    private static final List<String> HANDLERS = List.of("process_document");

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final JobStore store = database.store();

    private static NewJob keyed(String key) {
        return database.aJob().realm("held").idempotencyKey(key, key).asked();
    }

    private static List<Claim> claimed(int jobs) {
        return IntStream.range(0, jobs)
                .mapToObj(i -> database.aJob().claimedBy("w" + i))
                .toList();
    }

    @Test
    void aLockedRowIsWaitedForByItsOwnCallerOnly() throws Exception {
        var claims = claimed(THREADS);
        var locked = claims.get(2).id();
        var mine = new ArrayList<CompletableFuture<Boolean>>();
        try (var owner = database.connect()) {
            owner.setAutoCommit(false);
            Database.list(owner, "SELECT id FROM pipeline_jobs WHERE id = ? FOR UPDATE", row -> 1, locked);
            for (var claim : claims) {
                mine.add(CompletableFuture.supplyAsync(() -> store.complete(claim, null)));
            }
            await().until(() -> mine.stream().filter(CompletableFuture::isDone).count() == THREADS - 1);
            // Others who come later do not wait behind it either.
            assertThat(store.complete(database.aJob().claimedBy("late"), null)).isTrue();
            assertThat(mine.get(2)).isNotDone();
            owner.rollback();
        }
        assertThat(mine).allMatch(CompletableFuture::join);
        database.assertThatJob(locked).isFinished();
    }

    @Test
    void anInterruptCostsNobodyWhatHeHasToAskForAlone() throws Exception {
        var completed = database.aJob().claimedBy("w");
        var turned = database.aJob().claimedBy("w");
        var failed = database.aJob().claimedBy("w");
        var next = database.aJob().insert();
        try (var owner = database.connect()) {
            owner.setAutoCommit(false);
            Database.list(owner, "SELECT id FROM pipeline_jobs WHERE status = 'running' FOR UPDATE", row -> 1);
            Database.list(
                    owner,
                    "SELECT * FROM enqueue_job('process_document', p_realm => 'held', p_idempotency_key => 'i')",
                    row -> 1);
            var answers = List.of(
                    interrupted(() -> store.complete(completed, null)),
                    interrupted(() ->
                            store.completeAndClaim(turned, null, next, HANDLERS).completed()),
                    interrupted(() ->
                            store.fail(failed, "CODE", "e", true, Duration.ZERO).isPresent()),
                    interrupted(() -> store.enqueue(keyed("i")).alreadyExisted()),
                    interrupted(() -> store.enqueue(List.of(keyed("i"))).get(0).alreadyExisted()));
            await().until(() -> waitsForLocks() == answers.size());
            owner.commit();
            assertThat(answers).allMatch(CompletableFuture::join);
        }
    }

    /** On a thread whose flag is set, and still is when the answer has come. */
    private static CompletableFuture<Boolean> interrupted(Supplier<Boolean> call) {
        return onItsOwnThread(() -> {
            Thread.currentThread().interrupt();
            var answer = call.get();
            return Thread.interrupted() && answer;
        });
    }

    private static <T> CompletableFuture<T> onItsOwnThread(Supplier<T> call) {
        return CompletableFuture.supplyAsync(call, task -> new Thread(task).start());
    }

    @Test
    void whoCannotRecordInTimeKeepsNothingElse() throws Exception {
        var claim = database.aJob().claimedBy("w");
        var next = database.aJob().insert();
        try (var owner = database.connect()) {
            owner.setAutoCommit(false);
            Database.list(owner, "SELECT id FROM pipeline_jobs WHERE id = ? FOR UPDATE", row -> 1, claim.id());
            assertThatThrownBy(() -> store.completeAndClaim(claim, null, next, HANDLERS))
                    .isInstanceOfSatisfying(
                            DatabaseFailure.class, e -> assertThat(e.sqlState()).isEqualTo("55P03"));
            owner.rollback();
        }
        database.assertThatJob(next).hasHistory("queued", "running", "queued");
        assertThat(store.completeAndClaim(claim, null, next, HANDLERS).next()).isPresent();
    }

    /** Its row is free: the claim is no worse for the others who wait. */
    @Test
    void whoFindsNoTurnToRecordKeepsNothingElseEither() throws Exception {
        var claim = database.aJob().claimedBy("w");
        var other = database.aJob().claimedBy("w");
        var next = database.aJob().insert();
        try (var small = new Database(database.url(), "small", 0, 2);
                var owner = database.connect()) {
            var narrow = new JobStore(small);
            owner.setAutoCommit(false);
            Database.list(owner, "SELECT id FROM pipeline_jobs WHERE status = 'running' FOR UPDATE", row -> 1);
            var over = new AtomicBoolean();
            // Each in turn for as long as a statement may wait, so that nobody else has a turn.
            var others = Stream.generate(() -> onItsOwnThread(() -> {
                        while (!over.get()) {
                            try {
                                narrow.complete(other, null);
                            } catch (DatabaseFailure e) {
                                // has waited in vain, too
                            }
                        }
                        return true;
                    }))
                    .limit(3)
                    .toList();
            await().until(() -> waitsForLocks() == 1);
            assertThatThrownBy(() -> narrow.completeAndClaim(claim, null, next, HANDLERS))
                    .isInstanceOf(DatabaseFailure.class);
            database.assertThatJob(next).hasHistory("queued", "running", "queued");
            over.set(true);
            owner.rollback();
            assertThat(others).allMatch(CompletableFuture::join);
        }
    }

    @Test
    void aKeyThatSomebodyHoldsBackKeepsNobodyElseWaiting() throws Exception {
        try (var owner = database.connect()) {
            owner.setAutoCommit(false);
            Database.list(
                    owner,
                    "SELECT * FROM enqueue_job('process_document', p_realm => 'held', p_idempotency_key => 'k')",
                    row -> 1);
            var held = CompletableFuture.supplyAsync(() -> store.enqueue(keyed("k")));
            for (int i = 0; i < 3; i++) {
                assertThat(store.enqueue(keyed("other-" + i)).alreadyExisted()).isFalse();
            }
            await().until(() -> waitsForLocks() > 0);
            owner.commit();
            assertThat(held.join().alreadyExisted()).isTrue();
        }
    }

    @Test
    void aLockedJobIsNotClaimedAndKeepsNobodyWaiting() throws Exception {
        var ids = List.of(database.aJob().insert(), database.aJob().insert());
        try (var owner = database.connect()) {
            owner.setAutoCommit(false);
            Database.list(owner, "SELECT id FROM pipeline_jobs WHERE id = ? FOR UPDATE", row -> 1, ids.get(0));
            assertThat(store.claim(ids.get(0), "w", HANDLERS)).isEmpty();
            assertThat(store.claim(ids.get(1), "w", HANDLERS)).isPresent();
            owner.rollback();
        }
        assertThat(store.claim(ids.get(0), "w", HANDLERS)).isPresent();
    }

    /** What may have to wait for a row of a running job. */
    private enum Write {
        COMPLETE((store, actions, claim) -> store.complete(claim, null)),
        FAIL((store, actions, claim) ->
                store.fail(claim, "CODE", "e", true, Duration.ZERO).isPresent()),
        GIVE_BACK((store, actions, claim) -> store.giveBack(claim, "TEST").isPresent()),
        ASK((store, actions, claim) -> store.askPerson(claim, "name", "confirm", "{}")),
        FINISH_CANCELLED((store, actions, claim) -> store.finishCancelled(claim)),
        CANCEL((store, actions, claim) -> actions.cancel(claim.id(), "user:ann", "r")),
        ANSWER((store, actions, claim) -> actions.answerPrompt(claim.id(), null, "{}", null, "user:ann", null));

        private interface Call {
            boolean isDone(JobStore store, JobActions actions, Claim claim);
        }

        private final Call call;

        Write(Call call) {
            this.call = call;
        }

        /** A job to which it can be done. */
        Claim aJob() {
            var claim = database.aJob().claimedBy("w");
            if (this == FINISH_CANCELLED) {
                database.actions().cancel(claim.id(), "user:ann", "r");
            } else if (this == ANSWER) {
                store.askPerson(claim, "name", "confirm", "{}");
            }
            return claim;
        }
    }

    @ParameterizedTest
    @EnumSource
    void thoseWhoWaitForLockedRowsLeaveTheOthersConnections(Write write) throws Exception {
        leaveConnections(List.of(write));
    }

    @Test
    void workersAndPeopleTogetherLeaveThemToo() throws Exception {
        leaveConnections(List.of(Write.values()));
    }

    private static void leaveConnections(List<Write> writes) throws Exception {
        try (var small = new Database(database.url(), "small", 0, 2);
                var owner = database.connect()) {
            var narrow = new JobStore(small);
            var actions = new JobActions(small);
            var claims = IntStream.range(0, THREADS)
                    .mapToObj(i -> writes.get(i % writes.size()).aJob())
                    .toList();
            owner.setAutoCommit(false);
            Database.list(
                    owner,
                    "SELECT id FROM pipeline_jobs WHERE id = ANY(?) FOR UPDATE",
                    row -> 1,
                    Database.array("uuid", claims.stream().map(Claim::id).toList()));
            var waiting = IntStream.range(0, THREADS)
                    .mapToObj(i -> onItsOwnThread(
                            () -> writes.get(i % writes.size()).call.isDone(narrow, actions, claims.get(i))))
                    .toList();
            await().until(() -> waitsForLocks() > 0);
            for (int i = 0; i < 20; i++) {
                assertThat(narrow.claim(database.aJob().insert(), "w", HANDLERS))
                        .isPresent();
                assertThat(waitsForLocks()).isEqualTo(1);
            }
            owner.rollback();
            assertThat(waiting).allMatch(CompletableFuture::join);
        }
    }

    private static long waitsForLocks() {
        return (Long) database.ask("SELECT count(*) FROM pg_locks WHERE NOT granted");
    }
}
