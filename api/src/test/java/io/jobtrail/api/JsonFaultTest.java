package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** JSON that cannot be read, or not be kept as it is: the refusal says where, and in our words. */
class JsonFaultTest {
    private static RunningApi api;

    @BeforeAll
    static void start() {
        api = RunningApi.start();
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private long jobs;

    @BeforeEach
    void count() {
        jobs = api.count("pipeline_jobs");
    }

    private static Answer post(String path, byte[] body) {
        return api.send("POST", path, body, "Content-Type", "application/json");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'handler':'echo','input':{'a':'b\\u0000c'}} | input.a | /input/a",
                "{'handler':'echo','input':{'s':['x',{'t':'\\ud800x'}]}} | input.s.1.t | /input/s/1/t",
                "{'handler':'echo','input':{'s':'\\udc00\\ud800'}} | input.s | /input/s",
                "{'handler':'echo','input':{'a/b~\\u0000':1}} | input.a/b~\uFFFD | /input/a~1b~0\uFFFD",
                "{'handler':'echo','options':{'k':'\\u0000'}} | options.k | /options/k",
            })
    void whatCannotBeStoredIsRefusedByItsPlace(String body, String field, String pointer) {
        var refused = api.enqueue(body.replace('\'', '"'))
                .isProblem(400, "INVALID_FIELD", field)
                .says("NUL", pointer);
        assertThat(refused.json().at("/errors/0/pointer").asText()).isEqualTo(pointer);
        api.assertHolds(jobs, 0);
    }

    @Test
    void soItIsInAForm() {
        var form = Form.of("a.txt", new byte[] {65}).field("options", "{\"k\":[\"\\u0000\"]}");
        var refused = api.upload(form).isProblem(400, "INVALID_FIELD", "options.k.0");
        assertThat(refused.json().at("/errors/0/pointer").asText()).isEqualTo("/options/k/0");
        api.assertHolds(jobs, 0);
    }

    @Test
    void soItIsInAnItemAndCostsNoOther() {
        var body = "[{\"handler\":\"nobody\"},{\"handler\":\"echo\",\"input\":{\"a\":\"\\u0000\"}}]";
        var items = post("/pipeline/enqueue/batch", body.getBytes(StandardCharsets.UTF_8))
                .is(422)
                .json()
                .path("items");
        assertThat(items.at("/0/problem/code").asText()).isEqualTo("UNKNOWN_HANDLER");
        assertThat(items.at("/1/problem/errors/0/field").asText()).isEqualTo("items[1].input.a");
        assertThat(items.at("/1/problem/errors/0/pointer").asText()).isEqualTo("/1/input/a");
        api.assertHolds(jobs, 0);
    }

    @Test
    void soItIsInAnAnswerToAQuestion() {
        var claim = api.database.aJob().claimedBy("w");
        api.database.store().askPerson(claim, "q", "confirm", "{}");
        post(
                        "/pipeline/hitl/" + claim.id() + "/response",
                        "{\"answer\":{\"x\":\"\\ud800\"}}".getBytes(StandardCharsets.UTF_8))
                .isProblem(400, "INVALID_FIELD", "answer.x");
        assertThat(api.column(claim.id(), "status")).isEqualTo("awaiting_input");
    }

    @Test
    void wholePairsAreText() {
        UUID id = api.enqueue("{\"handler\":\"echo\",\"input\":{\"t\":\"\\ud83d\\ude00 😀\"}}")
                .is(202)
                .jobId();
        assertThat(api.column(id, "payload #>> '{input,t}'")).isEqualTo("😀 😀");
    }

    /** Bytes that are no UTF-8 would be stored as U+FFFD, too. */
    @Test
    void bytesThatAreNoTextAreRefused() {
        for (var charset : new String[] {"ISO-8859-1", "UTF-16"}) {
            var body = "{\"handler\":\"echo\",\"input\":{\"t\":\"é\"}}"
                    .getBytes(java.nio.charset.Charset.forName(charset));
            post("/pipeline/enqueue", body).isProblem(400, "MALFORMED_JSON", "body");
        }
        var latin = "{\"handler\":\"echo\",\"input\":{\"t\":\"é\"}}".getBytes(StandardCharsets.ISO_8859_1);
        var id = api.send("POST", "/pipeline/enqueue", latin, "Content-Type", "application/json; charset=iso-8859-1")
                .is(202)
                .jobId();
        assertThat(api.column(id, "payload #>> '{input,t}'")).isEqualTo("é");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'handler':'echo' | the JSON ends early | 1 | ''",
                "{'handler':'echo',%'input':{'a':[1,2 3]}} | this is no JSON | 2 | /input/a/2",
                "{'handler':'echo','input':{'n':NaN}} | this is no JSON | 1 | /input/n",
                "{'handler':'echo','input':{'b':1,'b':2}} | a name stands twice in one object: b | 1 | /input/b",
                "{'handler':'echo'} x | this is no JSON | 1 | ''",
                "{'handler':'echo'}{} | something stands after the end of the JSON | 1 | ''"
            })
    void whatCannotBeReadIsToldInOurWordsWithItsPlace(String body, String words, int line, String pointer) {
        var refused = api.enqueue(body.replace('\'', '"').replace('%', '\n'))
                .isProblem(400, "MALFORMED_JSON", "body")
                .says(words + " at line " + line + ", column ");
        assertThat(refused.text()).doesNotContain("DeserializationFeature", "Unexpected", "token", "Source");
        var error = refused.json().at("/errors/0");
        assertThat(error.path("line").asInt()).isEqualTo(line);
        assertThat(error.path("column").asInt()).isPositive();
        assertThat(error.path("pointer").asText()).startsWith(pointer);
        api.assertHolds(jobs, 0);
    }

    @Test
    void aNumberThatNoDoubleHoldsIsToldWithItsPlace() {
        var refused = api.enqueue("{\"handler\":\"echo\",\"input\":{\"a\":[0,1e400]}}")
                .isProblem(400, "MALFORMED_JSON", "body");
        assertThat(refused.json().at("/errors/0/pointer").asText()).isEqualTo("/input/a/1");
    }
}
