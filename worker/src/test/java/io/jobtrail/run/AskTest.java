package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobtrail.handler.Answer;
import io.jobtrail.handler.JobContext;
import io.jobtrail.handler.JobContext.Chunk;
import io.jobtrail.handler.Prompt;
import io.jobtrail.handler.Prompt.Question;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.JobReader.StoredChunk;
import io.jobtrail.store.Prompts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A handler asks a person: its attempt ends, and another one begins from the start with the answer. */
class AskTest extends RunnerTest {
    private UUID run(UUID id, ScriptedHandler.Script script) {
        rig.handler.will(script);
        rig.runner.run(id, "w1");
        return id;
    }

    private static Prompt prompt(String name) {
        return new Prompt(
                name, "confirm", List.of(new Question("sure", "Sure?", List.of("yes", "no"), true)), Map.of("page", 7));
    }

    private static void answer(UUID id, String answer) {
        assertThat(database.actions().answerPrompt(id, null, answer, 0.5, "anna", null))
                .isTrue();
    }

    @Test
    void theAnswerComesToTheSameCallOfANewRun() {
        var answers = new ArrayList<Answer>();
        ScriptedHandler.Script script = (job, context) -> {
            assertThat(context.answer("sure").isPresent())
                    .isEqualTo(rig.handler.runs().size() > 1);
            answers.add(context.ask(prompt("sure")));
            return answers.get(0).text("sure");
        };
        var id = run(RunnerRig.aJob(database).maxAttempts(1).insert(), script);
        assertThat(answers).isEmpty();
        var waiting = database.assertThatJob(id)
                .is(JobState.AWAITING_INPUT)
                .lastReasonIs("ASKED")
                .job();
        assertThat(waiting.attempt()).as("not charged").isZero();
        var open = new Prompts(database.runtime()).open(id).orElseThrow();
        assertThat(open.name()).isEqualTo("sure");
        assertThat(open.type()).isEqualTo("confirm");
        assertThat(open.prompt())
                .isEqualTo("{\"content\": {\"page\": 7}, \"questions\": [{\"name\": \"sure\", \"text\": \"Sure?\","
                        + " \"choices\": [\"yes\", \"no\"], \"required\": true}]}");

        answer(id, "{\"sure\": \"yes\"}");
        run(id, script);
        assertThat(answers).singleElement().satisfies(given -> {
            assertThat(given.value()).isEqualTo(Map.of("sure", "yes"));
            assertThat(given.text("other")).isNull();
            assertThat(given.confidence()).isEqualTo(0.5);
            assertThat(given.by()).isEqualTo("anna");
            assertThat(given.at()).isNotNull();
            assertThat(given.content()).isEqualTo(Map.of("page", 7));
        });
        database.assertThatJob(id)
                .isFinished()
                .hasHistory("queued", "running", "awaiting_input", "queued", "running", "finished");
        assertThat(database.reader().job(id).orElseThrow().attempt()).isOne();
    }

    @Test
    void noWorkerWaitsWithTheJob() {
        rig.handler.will((job, context) ->
                job.input().containsKey("ask") ? context.ask(prompt("sure")).by() : "done");
        var asking = RunnerRig.aJob(database).input(Map.of("ask", true)).insert();
        var other = RunnerRig.aJob(database).insert();
        var workers = rig.workers(null, QueueName.DEFAULT);
        workers.start(1);
        await().untilAsserted(() -> database.assertThatJob(other).isFinished());
        database.assertThatJob(asking).is(JobState.AWAITING_INPUT);
        await().until(() -> rig.heartbeats.running() == 0);
        answer(asking, "{\"sure\": \"yes\"}");
        await().untilAsserted(() -> database.assertThatJob(asking).isFinished());
        assertThat(workers.stop(Duration.ofSeconds(5))).isTrue();
    }

    @Test
    void oneQuestionAfterTheOther() {
        ScriptedHandler.Script script =
                (job, context) -> context.ask(prompt("first")).text("sure")
                        + context.ask(prompt("second")).text("sure");
        var id = run(RunnerRig.aJob(database).insert(), script);
        answer(id, "{\"sure\": \"yes\"}");
        run(id, script);
        assertThat(new Prompts(database.runtime()).open(id).orElseThrow().name())
                .isEqualTo("second");
        answer(id, "{\"sure\": \"no\"}");
        run(id, script);
        assertThat(database.assertThatJob(id).isFinished().job().result()).isEqualTo("\"yesno\"");
    }

    @Test
    void aHandlerThatCatchesEverythingHasAskedAllTheSame() {
        var id = run(RunnerRig.aJob(database).insert(), (job, context) -> {
            try {
                context.ask(prompt("first"));
            } catch (RuntimeException e) {
                assertThatThrownBy(() -> context.ask(prompt("second"))).isInstanceOf(LiveContext.Parked.class);
            }
            return "as if nothing had been";
        });
        database.assertThatJob(id).is(JobState.AWAITING_INPUT);
        assertThat(new Prompts(database.runtime()).open(id).orElseThrow().name())
                .isEqualTo("first");
    }

    @Test
    void aJobThatSomebodyCancelsAsksNobody() {
        var id = run(RunnerRig.aJob(database).insert(), (job, context) -> {
            database.actions().cancel(job.id(), "anna", "WRONG_FILE");
            return context.ask(prompt("sure"));
        });
        database.assertThatJob(id).is(JobState.CANCELLED).lastReasonIs("WRONG_FILE");
        assertThat(new Prompts(database.runtime()).open(id)).isEmpty();
    }

    @Test
    void anAttemptThatLostItsClaimAsksNobody() {
        var id = run(RunnerRig.aJob(database).insert(), (job, context) -> {
            database.asOwner("UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour' WHERE id = '"
                    + job.id() + "'");
            database.leases().releaseStale(Duration.ofMinutes(1), 10, "sweeper:test");
            return context.ask(prompt("sure"));
        });
        database.assertThatJob(id).isRetrying("HEARTBEAT_TIMEOUT");
        assertThat(new Prompts(database.runtime()).open(id)).isEmpty();
    }

    @Test
    void anAnswerStandsAfterARetry() {
        ScriptedHandler.Script script = (job, context) -> {
            var sure = context.ask(prompt("sure")).text("sure");
            if (rig.handler.runs().size() < 3) {
                throw new io.jobtrail.handler.PermanentFailure("NOT_YET", "fails after the answer");
            }
            return sure;
        };
        var id = run(RunnerRig.aJob(database).insert(), script);
        answer(id, "{\"sure\": \"yes\"}");
        run(id, script);
        database.assertThatJob(id).isFailed("NOT_YET");
        database.actions().retry(id, "anna", null);
        run(id, script);
        assertThat(database.assertThatJob(id).isFinished().job().result()).isEqualTo("\"yes\"");
    }

    static Stream<Prompt> bad() {
        var self = new ArrayList<Object>();
        self.add(self);
        return Stream.of(
                new Prompt(null, "confirm", List.of(), Map.of()),
                new Prompt(" ", "confirm", List.of(), Map.of()),
                new Prompt("a\0b", "confirm", List.of(), Map.of()),
                new Prompt("n".repeat(101), "confirm", List.of(), Map.of()),
                new Prompt("sure", null, List.of(), Map.of()),
                new Prompt("sure", "confirm", List.of(), Map.of("self", self)),
                new Prompt("sure", "confirm", List.of(), Map.of("number", Double.NaN)),
                new Prompt("sure", "confirm", List.of(), Map.of("text", "x".repeat(1 << 20))));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void whatCannotBeAskedFailsTheJobAtOnce(Prompt prompt) {
        var id = run(RunnerRig.aJob(database).insert(), (job, context) -> context.ask(prompt));
        database.assertThatJob(id).isFailed("PROMPT_INVALID");
    }

    @Test
    void chunksFromBeforeTheQuestionAreKeptOnDemand() {
        ScriptedHandler.Script script = (job, context) -> {
            if (context.answer("sure").isEmpty()) {
                context.addChunks(List.of(chunk("one"), chunk("two")));
            } else {
                assertThat(context.keepChunks("sure", 3)).isFalse();
                assertThat(context.keepChunks("sure", 2)).isTrue();
                context.addChunks(List.of(chunk("three")));
                assertThatThrownBy(() -> context.keepChunks("sure", 2)).isInstanceOf(IllegalStateException.class);
            }
            return context.ask(prompt("sure")).by();
        };
        var id = run(RunnerRig.aJob(database).insert(), script);
        answer(id, "{\"sure\": \"yes\"}");
        run(id, script);
        assertThat(database.assertThatJob(id).isFinished().job().result()).isEqualTo("\"anna\"");
        assertThat(database.reader().chunks(id, -1, 10))
                .extracting(StoredChunk::text)
                .containsExactly("one", "two", "three");
    }

    @Test
    void aBoundedRunDoesNotCountAJobThatAsks() throws InterruptedException {
        rig.handler.will((job, context) -> context.ask(prompt("sure")));
        var id = RunnerRig.aJob(database).insert();
        var drain = new Drain(rig.store, rig.runner, rig.heartbeats, rig.handlers, List.of(QueueName.DEFAULT), "drain");
        assertThat(drain.run(10, 1, null)).isEqualTo(new Drain.Count(0, 0, 0));
        database.assertThatJob(id).is(JobState.AWAITING_INPUT);
    }

    private static JobContext.Chunk chunk(String text) {
        return new Chunk(text, 1, null, null, new float[] {1});
    }
}
