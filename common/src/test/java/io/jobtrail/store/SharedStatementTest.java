package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.ChangeListener;
import io.jobtrail.job.Claim;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.JobState;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.Together;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Many threads that enqueue, claim and record at once: they share commits, and each gets its own answer. */
class SharedStatementTest {
    private static final int THREADS = 8;
    private static final int ROUNDS = 20;
    private static final List<String> HANDLERS = List.of("process_document");

    private static JobtrailDatabase database;
    private static SimpleMeterRegistry meters;
    private static JobStore store;

    @BeforeAll
    static void open() {
        database = JobtrailDatabase.fresh();
        meters = new SimpleMeterRegistry();
        store = new JobStore(database.runtime(), meters);
    }

    @AfterAll
    static void close() {
        database.close();
    }

    private static NewJob job(String realm, String key, Map<String, Object> payload) {
        return new NewJob(
                JobIds.next(),
                QueueName.DEFAULT,
                realm,
                HANDLERS.get(0),
                payload,
                null,
                null,
                3,
                null,
                null,
                key,
                key,
                null,
                "test");
    }

    private static List<Claim> claimed(int jobs) {
        return IntStream.range(0, jobs)
                .mapToObj(i -> database.aJob().claimedBy("w" + i))
                .toList();
    }

    @Test
    void wholeLivesAtOnceEachWithItsOwnAnswerAndItsOwnTrail() {
        Together.run(THREADS, thread -> {
            for (int round = 0; round < ROUNDS; round++) {
                var value = thread + "/" + round;
                var accepted = store.enqueue(job("lives", value, Map.of("input", Map.of("value", value))));
                var claim = store.claim(accepted.id(), "w" + thread, HANDLERS).orElseThrow();
                assertThat(claim.job().input()).isEqualTo(Map.of("value", value));
                assertThat(claim.worker()).isEqualTo("w" + thread);
                if (round % 4 == 0) {
                    assertThat(store.fail(claim, "CODE", "of " + value, true, Duration.ZERO))
                            .map(JobStore.AfterFailure::status)
                            .contains(JobState.FAILED);
                } else {
                    assertThat(store.complete(claim, "{\"value\": \"" + value + "\"}"))
                            .isTrue();
                }
                var ended = database.reader().job(claim.id()).orElseThrow();
                assertThat(round % 4 == 0 ? ended.error() : ended.result()).contains(value);
            }
            return null;
        });
        assertThat(database.reader().verifyTrail(null)).isEmpty();
        for (var statement : List.of("enqueue", "turn")) {
            var batches = meters.get("jobtrail.commit.items")
                    .tag("statement", statement)
                    .summary();
            assertThat(batches.max()).as(statement).isGreaterThan(1);
            assertThat(batches.count()).as(statement).isLessThan((long) batches.totalAmount());
        }
    }

    @Test
    void manyWorkersGoFromJobToJobAtOnce() {
        Together.run(THREADS, thread -> {
            var worker = "w" + thread;
            var claim = database.aJob().claimedBy(worker);
            for (int round = 0; round < ROUNDS; round++) {
                var next = round % 5 == 4 ? UUID.randomUUID() : database.aJob().insert();
                var turn = store.completeAndClaim(claim, "{\"by\": \"" + worker + "\"}", next, HANDLERS);
                assertThat(turn.completed()).isTrue();
                assertThat(database.reader().job(claim.id()).orElseThrow().result())
                        .contains(worker);
                var other = database.aJob().insert();
                var late = store.completeAndClaim(claim, null, other, HANDLERS);
                assertThat(late.completed()).isFalse();
                assertThat(store.complete(late.next().orElseThrow(), null)).isTrue();
                if (round % 5 == 4) {
                    assertThat(turn.next()).isEmpty();
                    claim = database.aJob().claimedBy(worker);
                } else {
                    claim = turn.next().orElseThrow();
                    assertThat(claim.id()).isEqualTo(next);
                    assertThat(claim.worker()).isEqualTo(worker);
                }
            }
            return null;
        });
        assertThat(meters.get("jobtrail.commit.items")
                        .tag("statement", "turn")
                        .summary()
                        .max())
                .isGreaterThan(1);
    }

    @Test
    void aJobThatPostgresRefusesIsRefusedAlone() {
        for (int round = 0; round < ROUNDS; round++) {
            var answers = Together.run(THREADS, thread -> {
                try {
                    return store.enqueue(job(thread == 3 ? "no realm!" : "refused", null, Map.of()))
                            .status();
                } catch (DatabaseFailure e) {
                    assertThat(e.sqlState()).isEqualTo("23514");
                    return null;
                }
            });
            assertThat(answers.get(3)).isNull();
            assertThat(answers.stream().filter(JobState.QUEUED::equals)).hasSize(THREADS - 1);
        }
    }

    @Test
    void oneKeyMakesOneJobAlsoWithinOneStatement() {
        for (int round = 0; round < ROUNDS; round++) {
            var key = "once-" + round;
            var accepted = Together.run(THREADS, thread -> store.enqueue(job("keys", key, Map.of())));
            assertThat(accepted.stream().map(NewJob.Accepted::id).distinct()).hasSize(1);
            assertThat(accepted.stream().filter(a -> !a.alreadyExisted())).hasSize(1);
        }
    }

    @Test
    void aJobNamedManyTimesIsClaimedOnceAlsoByOneWorker() {
        for (int round = 0; round < ROUNDS; round++) {
            var id = database.aJob().insert();
            int same = round % 2;
            var claims = Together.run(THREADS, thread -> store.claim(id, "w" + thread * same, HANDLERS));
            assertThat(claims.stream().flatMap(Optional::stream)).hasSize(1);
        }
    }

    @Test
    void callersWithOtherHandlersGetOnlyWhatTheyCanRun() {
        for (int round = 0; round < ROUNDS; round++) {
            var ids = IntStream.range(0, THREADS)
                    .mapToObj(i -> database.aJob().insert())
                    .toList();
            var claims = Together.run(
                    THREADS, i -> store.claim(ids.get(i), "w" + i, i % 2 == 0 ? HANDLERS : List.of("another")));
            for (int i = 0; i < THREADS; i++) {
                assertThat(claims.get(i).isPresent()).isEqualTo(i % 2 == 0);
            }
        }
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
                    interrupted(() -> store.enqueue(job("held", "i", Map.of())).alreadyExisted()),
                    interrupted(() -> store.enqueue(List.of(job("held", "i", Map.of())))
                            .get(0)
                            .alreadyExisted()));
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

    @Test
    void aKeyThatSomebodyHoldsBackKeepsNobodyElseWaiting() throws Exception {
        try (var owner = database.connect()) {
            owner.setAutoCommit(false);
            Database.list(
                    owner,
                    "SELECT * FROM enqueue_job('process_document', p_realm => 'held', p_idempotency_key => 'k')",
                    row -> 1);
            var held = CompletableFuture.supplyAsync(() -> store.enqueue(job("held", "k", Map.of())));
            for (int i = 0; i < 3; i++) {
                assertThat(store.enqueue(job("held", "other-" + i, Map.of())).alreadyExisted())
                        .isFalse();
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

    @Test
    void thoseWhoWaitForLockedRowsLeaveTheOthersConnections() throws Exception {
        try (var small = new Database(database.url(), "small", 0, 2);
                var owner = database.connect()) {
            var narrow = new JobStore(small);
            var locked = claimed(THREADS);
            owner.setAutoCommit(false);
            Database.list(owner, "SELECT id FROM pipeline_jobs WHERE status = 'running' FOR UPDATE", row -> 1);
            var waiting = locked.stream()
                    .map(claim -> onItsOwnThread(() -> narrow.complete(claim, null)))
                    .toList();
            await().until(() -> waitsForLocks() > 0);
            var begin = System.nanoTime();
            for (int i = 0; i < 20; i++) {
                assertThat(narrow.claim(database.aJob().insert(), "w", HANDLERS))
                        .isPresent();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
            assertThat(waitsForLocks()).isEqualTo(1);
            owner.rollback();
            assertThat(waiting).allMatch(CompletableFuture::join);
        }
    }

    private static long waitsForLocks() {
        return (Long) database.ask("SELECT count(*) FROM pg_locks WHERE NOT granted");
    }

    @Test
    void aResultThatPostgresRefusesCostsTheOthersNothing() {
        for (int round = 0; round < 5; round++) {
            var claims = claimed(THREADS);
            var answers = Together.run(THREADS, i -> {
                try {
                    return store.complete(claims.get(i), i == 1 ? "{" : "{\"n\": " + i + "}");
                } catch (DatabaseFailure e) {
                    return null;
                }
            });
            assertThat(answers.get(1)).isNull();
            assertThat(answers.stream().filter(Boolean.TRUE::equals)).hasSize(THREADS - 1);
            assertThat(database.reader().job(claims.get(1).id()).orElseThrow().status())
                    .isEqualTo(JobState.RUNNING);
        }
    }

    @Test
    void aLostClaimIsToldApartFromItsNeighbours() {
        var claims = claimed(THREADS);
        assertThat(store.complete(claims.get(5), null)).isTrue();
        var answers = Together.run(THREADS, i -> store.complete(claims.get(i), null));
        for (int i = 0; i < THREADS; i++) {
            assertThat(answers.get(i)).isEqualTo(i != 5);
        }
        assertThat(store.fail(claims.get(0), "CODE", "late", true, Duration.ZERO))
                .isEmpty();
        assertThat(store.claim(UUID.randomUUID(), "w", HANDLERS)).isEmpty();
    }

    @Test
    void aLostClaimIsToldApartFromItsSuccessorInOneStatement() {
        var statements = new SharedStatements(database.runtime(), ChangeListener.NOBODY);
        var lost = database.aJob().claimedBy("w");
        store.giveBack(lost, "TEST");
        var held = store.claim(lost.id(), "w", HANDLERS).orElseThrow();
        assertThat(statements.fail(
                        Stream.of(lost, held)
                                .map(claim -> new SharedStatements.Failed(
                                        claim.id(), claim.version(), "CODE", "e", false, Duration.ZERO))
                                .toList(),
                        false))
                .satisfiesExactly(
                        none -> assertThat(none).isNull(),
                        left -> assertThat(left).isPresent());
        var again = store.claim(lost.id(), "w", HANDLERS).orElseThrow();
        assertThat(statements.turn(
                        Stream.of(again, held)
                                .map(claim -> new SharedStatements.Turn(
                                        new SharedStatements.Finished(claim.id(), claim.version(), null), null))
                                .toList(),
                        false))
                .extracting(SharedStatements.Turned::completed)
                .containsExactly(true, false);
    }

    @Test
    void severalJobsOfOneRequestAreAcceptedAllOrNone() {
        var good = job("several", "good", Map.of());
        assertThatThrownBy(() -> store.enqueue(List.of(good, job("no realm!", null, Map.of()))))
                .isInstanceOf(DatabaseFailure.class);
        assertThat(database.reader().job(good.id())).isEmpty();
    }
}
