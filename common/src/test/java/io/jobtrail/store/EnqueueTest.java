package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.JobState;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import io.jobtrail.testing.JobFactory;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.Together;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EnqueueTest {
    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final JobStore store = database.store();

    @Test
    void aJobIsQueuedWithTheDefaultsOfTheDatabase() {
        var accepted = store.enqueue(database.aJob().asked());
        assertThat(accepted.status()).isEqualTo(JobState.QUEUED);
        assertThat(accepted.queue()).isEqualTo("default");
        assertThat(accepted.alreadyExisted()).isFalse();
        assertThat(accepted.sameContent()).isTrue();

        var job = database.assertThatJob(accepted.id())
                .is(JobState.QUEUED)
                .hasHistory("queued")
                .lastReasonIs("SUBMITTED")
                .job();
        assertThat(job.realm()).isEqualTo("default");
        assertThat(job.attempt()).isZero();
        assertThat(job.maxAttempts()).isEqualTo(5);
        assertThat(job.version()).isEqualTo(1);
        assertThat(Duration.between(job.createdAt(), job.runAfter()).abs()).isLessThan(Duration.ofSeconds(5));
        assertThat(database.reader().history(accepted.id()).get(0).actor()).isEqualTo("test");
    }

    @ParameterizedTest
    @EnumSource(QueueName.class)
    void theTimeLimitIsThatOfTheQueueUnlessTheJobNamesOne(QueueName queue) {
        var limit = (Integer) database.ask("SELECT timeout_sec FROM pipeline_queues WHERE name = ?", queue.wireName());
        assertThat(database.aJob().queue(queue).claimedBy("w").timeout()).isEqualTo(Duration.ofSeconds(limit));
        assertThat(database.aJob().queue(queue).timeoutSec(7).claimedBy("w").timeout())
                .isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void manyJobsAreAnsweredInTheirOrder() {
        var jobs = new ArrayList<NewJob>();
        for (int i = 0; i < 100; i++) {
            jobs.add(database.aJob().queue(QueueName.values()[i % 3]).asked());
        }
        Collections.shuffle(jobs, new java.util.Random(1));
        var answers = store.enqueue(jobs);
        assertThat(answers)
                .extracting(NewJob.Accepted::id)
                .containsExactlyElementsOf(jobs.stream().map(NewJob::id).toList());
        assertThat(answers)
                .extracting(NewJob.Accepted::queue)
                .containsExactlyElementsOf(
                        jobs.stream().map(job -> job.queue().wireName()).toList());
        assertThat(answers).noneMatch(NewJob.Accepted::alreadyExisted);
    }

    @Test
    void nothingOfABatchIsKeptWhenOneItemIsWrong() {
        var good = database.aJob().asked();
        var bad = database.aJob().realm("not a realm").asked();
        assertThatThrownBy(() -> store.enqueue(List.of(good, bad))).isInstanceOf(DatabaseFailure.class);
        assertThat(database.reader().job(good.id())).isEmpty();
    }

    @Test
    void theSameKeyAgainIsTheSameJob() {
        var first = store.enqueue(withKey("again", "one").asked());
        var second = store.enqueue(withKey("again", "one").asked());
        assertThat(second.id()).isEqualTo(first.id());
        assertThat(second.alreadyExisted()).isTrue();
        assertThat(second.sameContent()).isTrue();
        database.assertThatJob(first.id()).hasHistory("queued");
    }

    @Test
    void theSameKeyWithOtherContentIsToldApart() {
        var first = store.enqueue(withKey("other", "one").asked());
        var second = store.enqueue(withKey("other", "two").asked());
        assertThat(second.id()).isEqualTo(first.id());
        assertThat(second.alreadyExisted()).isTrue();
        assertThat(second.sameContent()).isFalse();
    }

    @Test
    void aJobThatIsDeletedWhileItsKeyIsUsedCostsNoAnswer() throws Exception {
        var old = store.enqueue(withKey("gone-1", "one").asked()).id();
        database.actions().cancel(old, "test", "over");
        var jobs = List.of(
                withKey("gone-1", "one").asked(), withKey("gone-2", "two").asked());
        try (var other = database.connect()) {
            other.setAutoCommit(false);
            Database.list(
                    other, "SELECT * FROM enqueue_job('process_document', p_idempotency_key => 'gone-2')", row -> 1);
            var asking = CompletableFuture.supplyAsync(() -> store.enqueue(jobs)); // knows that there is a gone-1
            await().until(() -> (Long) database.ask("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0);
            assertThat(database.ask("SELECT purge_jobs('0 seconds', p_ids => ARRAY[?])", old))
                    .isEqualTo(1);
            other.commit();
            assertThatThrownBy(asking::join)
                    .cause()
                    .isInstanceOfSatisfying(
                            DatabaseFailure.class,
                            e -> assertThat(e.isTransient()).isTrue());
        }
        assertThat(store.enqueue(jobs))
                .extracting(NewJob.Accepted::alreadyExisted)
                .containsExactly(false, true);
    }

    @Test
    void aKeyAnswersWithTheStateThatItsJobIsInNow() {
        var first = store.enqueue(withKey("later", "one").asked());
        store.claim(first.id(), "w", List.of("process_document"));
        assertThat(store.enqueue(withKey("later", "one").asked()).status()).isEqualTo(JobState.RUNNING);
    }

    @Test
    void aKeyBelongsToItsRealm() {
        var one = store.enqueue(withKey("shared", "x").realm("a").asked());
        var two = store.enqueue(withKey("shared", "x").realm("b").asked());
        assertThat(two.id()).isNotEqualTo(one.id());
        assertThat(two.alreadyExisted()).isFalse();
    }

    @Test
    void fiftyThreadsWithOneKeyMakeOneJob() {
        var answers = Together.run(50, i -> store.enqueue(withKey("race", "x").asked()));
        assertThat(answers)
                .extracting(NewJob.Accepted::id)
                .containsOnly(answers.get(0).id());
        assertThat(answers).filteredOn(answer -> !answer.alreadyExisted()).hasSize(1);
        assertThat(answers).allMatch(NewJob.Accepted::sameContent);
        assertThat(database.ask("SELECT count(*) FROM pipeline_jobs WHERE idempotency_key = 'race'"))
                .isEqualTo(1L);
    }

    @Test
    void batchesWithTheSameKeysInOppositeOrderDoNotBlockEachOther() {
        for (int round = 0; round < 10; round++) {
            var prefix = "cross-" + round + "-";
            var answers = Together.run(4, i -> {
                var jobs = new ArrayList<NewJob>();
                IntStream.range(0, 60)
                        .forEach(n -> jobs.add(withKey(prefix + n, "x").asked()));
                if (i % 2 == 1) {
                    Collections.reverse(jobs);
                }
                return store.enqueue(jobs);
            });
            assertThat(answers.stream().flatMap(List::stream).filter(answer -> !answer.alreadyExisted()))
                    .hasSize(60);
        }
    }

    @Test
    void theSameSubmissionAgainAfterALostAnswerIsTheSameJob() {
        var asked = database.aJob().asked();
        store.enqueue(asked);
        var again = store.enqueue(asked);
        assertThat(again.id()).isEqualTo(asked.id());
        assertThat(again.alreadyExisted()).isTrue();
        assertThat(again.sameContent()).isTrue();
        database.assertThatJob(asked.id()).hasHistory("queued");
    }

    @Test
    void oneBatchMayHoldTheSameKeyTwice() {
        var first = withKey("twice", "one").asked();
        var same = withKey("twice", "one").asked();
        var other = withKey("twice", "two").asked();
        var alone = database.aJob().asked();
        var answers = store.enqueue(List.of(first, same, alone, other));
        assertThat(answers)
                .extracting(NewJob.Accepted::id)
                .containsExactly(first.id(), first.id(), alone.id(), first.id());
        assertThat(answers).extracting(NewJob.Accepted::alreadyExisted).containsExactly(false, true, false, true);
        assertThat(answers).extracting(NewJob.Accepted::sameContent).containsExactly(true, true, true, false);
    }

    @Test
    void textThatPostgresCannotStoreIsReplaced() {
        var nul = database.aJob()
                .payload(Map.of("input", Map.of("a\0", "b\0c\ud800")))
                .asked();
        store.enqueue(nul);
        assertThat(database.reader().job(nul.id()).orElseThrow().payload()).contains("a\ufffd", "b\ufffdc\ufffd");
    }

    @Test
    void peopleAtPsqlCanEnqueueToo() {
        var row = database.runtime()
                .first(
                        "SELECT job_id FROM enqueue_job('process_document', '{\"a\": 1}', 'urgent', p_idempotency_key => 'psql')",
                        r -> r.getObject(1, java.util.UUID.class))
                .orElseThrow();
        var job = database.assertThatJob(row).is(JobState.QUEUED).job();
        assertThat(job.queue()).isEqualTo("urgent");
        assertThat(job.id().version()).isEqualTo(7);
        assertThat(job.payload()).isEqualTo("{\"input\": {\"a\": 1}}");
        assertThat(database.runtime()
                        .first(
                                "SELECT already_existed FROM enqueue_job('process_document', '{\"a\": 1}', 'urgent', p_idempotency_key => 'psql')",
                                r -> r.getBoolean(1)))
                .contains(true);
    }

    private static JobFactory withKey(String key, String fingerprint) {
        return database.aJob().idempotencyKey(key, fingerprint);
    }
}
