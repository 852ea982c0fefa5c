package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Many threads that enqueue, claim and record at once: they share commits, and each gets its own answer. */
class SharedStatementTest {
    private static final int THREADS = 8;
    private static final int ROUNDS = 20;
    private static final List<String> HANDLERS = List.of("process_document");

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private static final JobStore store = new JobStore(database.runtime(), meters);

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
