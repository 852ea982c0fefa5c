package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.jobtrail.job.Claim;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.JobState;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.Together;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A job that asks a person, and what becomes of the question. */
class PromptTest {
    private static final List<String> HANDLERS = List.of("process_document");

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final JobStore store = database.store();
    private static final JobActions actions = database.actions();
    private static final Leases leases = database.leases();

    @Test
    void aJobThatAsksHoldsNeitherWorkerNorLease() {
        var claim = database.aJob().claimedBy("w");
        assertThat(ask(claim, "review")).isTrue();
        database.assertThatJob(claim.id()).is(JobState.AWAITING_INPUT).lastReasonIs("ASKED");
        assertThat(database.ask("SELECT locked_by FROM pipeline_jobs WHERE id = ?", claim.id()))
                .isNull();
        assertThat(store.leftAs(claim)).contains(JobState.AWAITING_INPUT);
        database.asOwner("UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour' WHERE id = '"
                + claim.id() + "'");
        assertThat(leases.releaseStale(Duration.ofMinutes(1), 100, "sweeper")).isEmpty();
        assertThat(store.claim(claim.id(), "v", HANDLERS)).isEmpty();
        assertThat(database.ask("SELECT prompt->>'text' FROM pipeline_job_prompts WHERE job_id = ?", claim.id()))
                .isEqualTo("Is this right?");
    }

    @Test
    void theAnswerPutsTheJobBackIntoItsQueue() {
        var claim = database.aJob().claimedBy("w");
        ask(claim, "review");
        assertThat(answer(claim.id())).isTrue();
        database.assertThatJob(claim.id()).is(JobState.QUEUED).lastReasonIs("ANSWERED");
        var event = database.reader().history(claim.id()).get(3);
        assertThat(event.actor()).isEqualTo("anna");
        assertThat(event.metadata()).isEqualTo("{\"question\": \"review\"}");
        assertThat(answersTo(claim.id(), "review")).isEqualTo("{\"ok\": true} by anna");
        assertThat(store.complete(store.claim(claim.id(), "w", HANDLERS).orElseThrow(), null))
                .isTrue();
    }

    @Test
    void whatIsAskedAndWhatWasAnsweredCanBeRead() {
        var claim = database.aJob().claimedBy("w");
        var prompts = new Prompts(database.runtime());
        assertThat(prompts.open(claim.id())).isEmpty();
        ask(claim, "review");
        assertThat(prompts.open(claim.id()).orElseThrow())
                .extracting(Prompts.Open::name, Prompts.Open::type, Prompts.Open::prompt)
                .containsExactly("review", "confirm", "{\"text\": \"Is this right?\"}");
        assertThat(prompts.answered(claim.id(), "review")).isEmpty();

        answer(claim.id());
        assertThat(prompts.open(claim.id())).isEmpty();
        assertThat(prompts.answered(claim.id(), "other")).isEmpty();
        assertThat(prompts.answered(claim.id(), "review").orElseThrow())
                .extracting(
                        Prompts.Answered::answer,
                        Prompts.Answered::confidence,
                        Prompts.Answered::by,
                        Prompts.Answered::prompt)
                .containsExactly("{\"ok\": true}", 0.75, "anna", "{\"text\": \"Is this right?\"}");
    }

    @Test
    void theNextAttemptMayKeepTheChunksOfTheOneThatAsked() {
        var claim = database.aJob().claimedBy("w");
        store(claim, "before the question", "also");
        ask(claim, "review");
        answer(claim.id());
        var lost = store.claim(claim.id(), "w", HANDLERS).orElseThrow();
        store(lost, "of an attempt that fails");
        store.fail(lost, "A", "a", false, Duration.ZERO);

        var next = store.claim(claim.id(), "w", HANDLERS).orElseThrow();
        assertThat(chunks().keep(next, "review", 3)).as("not all of them").contains(false);
        assertThat(chunks().keep(next, "other", 2)).as("nothing was asked").contains(false);
        assertThat(chunks().keep(lost, "review", 2)).as("the claim is lost").isEmpty();
        assertThat(chunks().keep(next, "review", 2)).contains(true);
        store.complete(next, null);
        assertThat(database.reader().chunks(claim.id(), -1, 10))
                .extracting(JobReader.StoredChunk::text)
                .containsExactly("before the question", "also");
    }

    private static ChunkStore chunks() {
        return new ChunkStore(database.runtime());
    }

    private static void store(Claim claim, String... texts) {
        var chunks = Stream.of(texts)
                .map(text -> new ChunkStore.NewChunk(text, 1, null, null, new float[] {0.5f}))
                .toList();
        assertThat(chunks().store(claim, 0, chunks)).isTrue();
    }

    @Test
    void anAttemptThatAsksIsNotCharged() {
        var claim = database.aJob().maxAttempts(1).claimedBy("w");
        for (int i = 1; i <= 3; i++) {
            assertThat(claim.job().attempt()).isEqualTo(1);
            ask(claim, "question-" + i);
            answer(claim.id());
            claim = store.claim(claim.id(), "w", HANDLERS).orElseThrow();
        }
        store.fail(claim, "A", "a", false, Duration.ZERO);
        database.assertThatJob(claim.id()).isFailed("A");
    }

    @Test
    void ofManyAnswersOneCounts() {
        var claim = database.aJob().claimedBy("w");
        ask(claim, "review");
        var accepted = Together.run(10, i -> actions.answerPrompt(claim.id(), null, "" + i, null, "person-" + i, null));
        assertThat(accepted).filteredOn(yes -> yes).hasSize(1);
        var winner = accepted.indexOf(true);
        assertThat(answersTo(claim.id(), "review")).isEqualTo(winner + " by person-" + winner);
        database.assertThatJob(claim.id())
                .is(JobState.QUEUED)
                .hasHistory("queued", "running", "awaiting_input", "queued");
    }

    @Test
    void anAnswerToNothingIsRefused() {
        var running = database.aJob().claimedBy("w");
        var queued = database.aJob().insert();
        for (var id : List.of(running.id(), queued, JobIds.next())) {
            var before = database.reader().job(id);
            assertThat(answer(id)).isFalse();
            assertThat(database.reader().job(id)).isEqualTo(before);
        }
        var waitingByHand = database.aJob().claimedBy("w").id();
        database.asOwner("UPDATE pipeline_jobs SET status = 'awaiting_input' WHERE id = '" + waitingByHand + "'");
        assertThat(answer(waitingByHand)).as("it waits, but asked nothing").isFalse();
        database.assertThatJob(waitingByHand).is(JobState.AWAITING_INPUT);
    }

    @Test
    void aLateAnswerIsNotTakenForThatToTheNextQuestion() {
        var claim = database.aJob().claimedBy("w");
        ask(claim, "first");
        answer(claim.id());
        ask(store.claim(claim.id(), "w", HANDLERS).orElseThrow(), "second");
        assertThat(actions.answerPrompt(claim.id(), "first", "1", null, "bob", null))
                .isFalse();
        database.assertThatJob(claim.id()).is(JobState.AWAITING_INPUT);
        assertThat(actions.answerPrompt(claim.id(), "second", "2", null, "bob", null))
                .isTrue();
        assertThat(answersTo(claim.id(), "first")).isEqualTo("{\"ok\": true} by anna");
        assertThat(answersTo(claim.id(), "second")).isEqualTo("2 by bob");
    }

    @Test
    void aQuestionIsWithdrawnWithItsJobAndAskedAgainAfterARetry() {
        var claim = database.aJob().claimedBy("w");
        ask(claim, "review");
        assertThat(actions.cancel(claim.id(), "anna", "WRONG_FILE")).isTrue();
        assertThat(openQuestions(claim.id())).isZero();
        assertThat(answer(claim.id())).isFalse();
        database.assertThatJob(claim.id()).is(JobState.CANCELLED).lastReasonIs("WRONG_FILE");

        actions.retry(claim.id(), "anna", "OPERATOR_RETRY");
        assertThat(ask(store.claim(claim.id(), "w", HANDLERS).orElseThrow(), "review"))
                .isTrue();
        assertThat(answer(claim.id())).isTrue();
    }

    @Test
    void aQuestionIsWithdrawnWhenSqlByHandEndsTheWait() {
        for (var state : List.of("queued", "failed", "cancelled")) {
            var claim = database.aJob().claimedBy("w");
            ask(claim, "review");
            database.runtime().update("UPDATE pipeline_jobs SET status = ? WHERE id = ?", state, claim.id());
            assertThat(openQuestions(claim.id())).as(state).isZero();
        }
    }

    @Test
    void aCancelledJobAsksNobody() {
        var claim = database.aJob().claimedBy("w");
        actions.cancel(claim.id(), "anna", "WRONG_FILE");
        assertThat(ask(claim, "review")).isTrue();
        database.assertThatJob(claim.id()).is(JobState.CANCELLED).lastReasonIs("WRONG_FILE");
        assertThat(store.leftAs(claim)).contains(JobState.CANCELLED);
        assertThat(openQuestions(claim.id())).isZero();
    }

    @Test
    void anAnswerIsNeverOverwritten() {
        var claim = database.aJob().claimedBy("w");
        ask(claim, "review");
        answer(claim.id());
        var next = store.claim(claim.id(), "w", HANDLERS).orElseThrow();
        var refused = catchThrowableOfType(DatabaseFailure.class, () -> ask(next, "review"));
        assertThat(refused.sqlState()).isEqualTo("23505");
        database.assertThatJob(claim.id()).is(JobState.RUNNING);
        assertThat(answersTo(claim.id(), "review")).isEqualTo("{\"ok\": true} by anna");
        assertThat(store.complete(next, null)).as("the claim is still good").isTrue();
    }

    private static boolean ask(Claim claim, String name) {
        return store.askPerson(claim, name, "confirm", "{\"text\": \"Is this right?\"}");
    }

    private static boolean answer(UUID id) {
        return actions.answerPrompt(id, null, "{\"ok\": true}", 0.75, "anna", null);
    }

    private static Object answersTo(UUID id, String name) {
        return database.ask(
                "SELECT answer::text || ' by ' || answered_by FROM pipeline_job_prompts WHERE job_id = ? AND name = ?",
                id,
                name);
    }

    private static long openQuestions(UUID id) {
        return (Long) database.ask("SELECT count(*) FROM pipeline_job_prompts WHERE job_id = ? AND answer IS NULL", id);
    }
}
