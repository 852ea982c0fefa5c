package io.jobtrail.api;

import static io.jobtrail.api.ActionsTest.isInRedis;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.config.Json;
import io.jobtrail.job.Claim;
import io.jobtrail.job.JobAction;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.Prompts;
import io.jobtrail.testing.Together;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a job asks is shown, and one answer that fits is accepted. */
class PromptsTest {
    private static final String NOBODY = "01a20109-be74-7000-9b7e-bcbd8005ded9";
    private static final String PROMPT = """
            {"questions": [{"name": "action", "text": "Right?", "choices": ["approve", "reject"], "required": true},
                           {"name": "feedback", "text": "Why?", "choices": [], "required": false}],
             "content": {"summary": "short"}}""";

    @AutoClose
    private static final RunningApi api = RunningApi.start();

    private static Claim asking(String name, String prompt) {
        var claim = api.database.aJob().queue(QueueName.SLOW).claimedBy("w");
        assertThat(api.database.store().askPerson(claim, name, "confirm", prompt))
                .isTrue();
        return claim;
    }

    private static UUID asking() {
        return asking("review", PROMPT).id();
    }

    private static Answer prompt(Object id) {
        return api.get("/pipeline/hitl/" + id + "/prompt");
    }

    private static Answer respond(Object id, String json) {
        return api.send(
                "POST",
                "/pipeline/hitl/" + id + "/response",
                json.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
                "Content-Type",
                "application/json");
    }

    private static String answerOf(UUID id) {
        return new Prompts(api.database.runtime())
                .answered(id, "review")
                .map(Prompts.Answered::answer)
                .orElse(null);
    }

    private static void isIgnored(Answer answer, String words) {
        answer.is(409);
        assertThat(answer.json().path("status").asText()).isEqualTo("ignored");
        assertThat(answer.json().path("detail").asText()).contains(words);
    }

    @Test
    void thePromptIsShownAsItWasAsked() {
        var id = asking();
        var prompt = prompt(id).is(200).json();
        assertThat(prompt.fieldNames())
                .toIterable()
                .containsExactly("job_id", "status", "name", "type", "questions", "content", "asked_at");
        assertThat(prompt.path("job_id").asText()).isEqualTo(id.toString());
        assertThat(prompt.path("status").asText()).isEqualTo("awaiting_input");
        assertThat(prompt.path("name").asText()).isEqualTo("review");
        assertThat(prompt.path("type").asText()).isEqualTo("confirm");
        assertThat(prompt.at("/questions/0/choices/1").asText()).isEqualTo("reject");
        assertThat(prompt.at("/content/summary").asText()).isEqualTo("short");
        assertThat(prompt.path("asked_at").asText()).endsWith("Z");
        assertThat(api.get("/pipeline/status/" + id).json().path("why").asText())
                .contains("/pipeline/hitl/" + id + "/prompt");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"{\"text\": \"Is this right?\"}", "[1, 2]", "\"Is this right?\"", "{\"questions\": \"none\"}"})
    void whatSomebodyAskedBySqlIsShownToo(String asked) {
        var id = asking("review", asked).id();
        var prompt = prompt(id).is(200).json();
        assertThat(prompt.path("questions").isArray()).isTrue();
        assertThat(prompt.path("questions")).isEmpty();
        assertThat(prompt.path("content")).isEqualTo(Json.MAPPER.valueToTree(JobView.json(asked)));
        respond(id, "{'answer':{'whatever':[1,true]}}").is(200);
        assertThat(answerOf(id)).isEqualTo("{\"whatever\": [1, true]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"approve\" | {\"action\": \"approve\"}",
                "{'action':'approve'} | {\"action\": \"approve\"}",
                "{'action':'reject','feedback':'too short'} | {\"action\": \"reject\", \"feedback\": \"too short\"}",
                "{'action':'approve','feedback':null} | {\"action\": \"approve\"}",
                "{'action':'approve','feedback':' '} | {\"action\": \"approve\"}"
            })
    void anAnswerThatFitsPutsTheJobBackAndPushesIt(String answer, String stored) {
        var id = asking();
        var accepted = respond(id, "{'answer':" + answer + ",'confidence':0.9}").is(200);
        assertThat(accepted.text()).isEqualTo("{\"status\":\"accepted\"}");
        assertThat(answerOf(id)).isEqualTo(stored);
        var answered =
                new Prompts(api.database.runtime()).answered(id, "review").orElseThrow();
        assertThat(answered.confidence()).isEqualTo(0.9);
        assertThat(answered.by()).isEqualTo("api:127.0.0.1");
        api.database.assertThatJob(id).is(JobState.QUEUED).lastReasonIs("ANSWERED");
        assertThat(isInRedis(QueueName.SLOW, id)).isTrue();
        prompt(id).isProblem(404, "NOTHING_ASKED", null).says("the job is queued");
    }

    @Test
    void aReasonStandsInTheTrail() {
        var id = asking();
        respond(id, "{'answer':'approve','name':'review','reason':'checked against the original'}")
                .is(200);
        api.database.assertThatJob(id).is(JobState.QUEUED).lastReasonIs("checked against the original");
    }

    @Test
    void ofManyAnswersAtTheSameMomentOneIsAccepted() {
        var id = asking();
        var answers = Together.run(8, i -> respond(id, "{'answer':{'action':'approve','feedback':'" + i + "'}}"));
        assertThat(answers).filteredOn(answer -> answer.status() == 200).hasSize(1);
        answers.stream().filter(answer -> answer.status() != 200).forEach(answer -> isIgnored(answer, ""));
        api.database.assertThatJob(id).is(JobState.QUEUED).hasHistory("queued", "running", "awaiting_input", "queued");
    }

    @Test
    void anAnswerAfterTheAnswerIsIgnored() {
        var id = asking();
        respond(id, "{'answer':'approve'}").is(200);
        isIgnored(respond(id, "{'answer':'reject'}"), "nothing is asked: the job is queued");
        assertThat(answerOf(id)).isEqualTo("{\"action\": \"approve\"}");
    }

    @Test
    void anAnswerAfterACancellationIsIgnored() {
        var id = asking();
        api.database.actions().cancel(id, "bob", null);
        isIgnored(respond(id, "{'answer':'approve'}"), "the job is cancelled");
        prompt(id).isProblem(404, "NOTHING_ASKED", null);
        api.database.assertThatJob(id).is(JobState.CANCELLED);
    }

    @Test
    void anAnswerAfterADeletionIsNotFound() {
        var id = asking();
        api.database.actions().act(JobAction.DELETE, List.of(id), "bob", null);
        respond(id, "{'answer':'approve'}").isProblem(404, "NOT_FOUND", null);
    }

    @Test
    void anAnswerToAnotherQuestionThanTheOpenOneIsIgnored() {
        var claim = asking("first", "{}");
        respond(claim.id(), "{'answer':1}").is(200);
        var next = api.database
                .store()
                .claim(claim.id(), "w", List.of("process_document"))
                .orElseThrow();
        api.database.store().askPerson(next, "second", "confirm", "{}");
        isIgnored(respond(claim.id(), "{'answer':1,'name':'first'}"), "second");
        api.database.assertThatJob(claim.id()).is(JobState.AWAITING_INPUT);
        respond(claim.id(), "{'answer':2,'name':'second'}").is(200);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AWAITING_INPUT")
    void whereNothingIsAskedNothingIsTaken(JobState state) {
        var id = ActionsTest.jobIn(api, state);
        prompt(id).isProblem(404, "NOTHING_ASKED", null).says(state.wireName());
        isIgnored(respond(id, "{'answer':'approve'}"), state.wireName());
        api.database.assertThatJob(id).is(state);
    }

    @Test
    void theQuestionOutlivesTheWebProcess() {
        var id = asking();
        try (var again = RunningApi.on(api.database, api.database.environmentUrl())) {
            assertThat(again.get("/pipeline/hitl/" + id + "/prompt")
                            .is(200)
                            .json()
                            .path("name")
                            .asText())
                    .isEqualTo("review");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | INVALID_FIELD | answer | given",
                "{'answer':null} | INVALID_FIELD | answer | given",
                "{'answers':'approve'} | UNKNOWN_FIELD | answers | answer, confidence",
                "{'answer':'yes'} | INVALID_FIELD | answer.action | approve, reject",
                "{'answer':''} | INVALID_FIELD | answer.action | approve, reject",
                "{'answer':{}} | INVALID_FIELD | answer.action | approve, reject",
                "{'answer':{'action':null}} | INVALID_FIELD | answer.action | approve, reject",
                "{'answer':{'action':'Approve'}} | INVALID_FIELD | answer.action | approve, reject",
                "{'answer':{'action':true}} | INVALID_FIELD | answer.action | text",
                "{'answer':{'feedback':'x'}} | INVALID_FIELD | answer.action | approve, reject",
                "{'answer':{'action':'approve','feedback':7}} | INVALID_FIELD | answer.feedback | text",
                "{'answer':{'action':'approve','feedback':'\\u0000'}} | INVALID_FIELD | answer.feedback | NUL",
                "{'answer':{'action':'approve','summary':'x'}} | UNKNOWN_FIELD | answer.summary | action, feedback",
                "{'answer':7} | INVALID_FIELD | answer | action, feedback",
                "{'answer':['approve']} | INVALID_FIELD | answer | action, feedback",
                "{'answer':'approve','confidence':1.1} | INVALID_FIELD | confidence | 0 to 1",
                "{'answer':'approve','confidence':-0.1} | INVALID_FIELD | confidence | 0 to 1",
                "{'answer':'approve','confidence':'high'} | INVALID_FIELD | confidence | 0 to 1",
                "{'answer':'approve','confidence':{}} | INVALID_FIELD | confidence | 0 to 1",
                "{'answer':'approve','name':7} | INVALID_FIELD | name | text",
                "{'answer':'approve','reason':''} | INVALID_FIELD | reason | 1 to 500",
                "{'answer':'approve' | MALFORMED_JSON | body | line 1",
                "\"approve\" | MALFORMED_JSON | body | object"
            })
    void anAnswerThatDoesNotFitIsRefusedByName(String json, String code, String field, String words) {
        var id = asking();
        respond(id, json).isProblem(400, code, field).says(words);
        api.database.assertThatJob(id).is(JobState.AWAITING_INPUT);
        respond(id, "{'answer':'approve','confidence':1}").is(200);
    }

    @Test
    void anAnswerHasABound() {
        var id = asking();
        var text = "x".repeat(1 << 20);
        respond(id, "{'answer':{'action':'approve','feedback':'" + text + "'}}")
                .isProblem(400, "INVALID_FIELD", "answer")
                .says("1048576");
    }

    @Test
    void onlyJsonIsRead() {
        api.send("POST", "/pipeline/hitl/" + asking() + "/response", new byte[0], "Content-Type", "text/plain")
                .isProblem(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
    }

    @Test
    void strangersAreNotFound() {
        prompt(NOBODY).isProblem(404, "NOT_FOUND", null);
        respond(NOBODY, "{'answer':1}").isProblem(404, "NOT_FOUND", null);
        prompt("1").isProblem(400, "INVALID_ID", "id");
        respond("1", "{'answer':1}").isProblem(400, "INVALID_ID", "id");
    }
}
