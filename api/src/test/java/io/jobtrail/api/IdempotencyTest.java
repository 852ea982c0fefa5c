package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.testing.Together;
import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class IdempotencyTest {
    @AutoClose
    private final RunningApi api = RunningApi.start();

    @Test
    void sameKeyAgainAnswersTheSameJobAndKeepsOneDocument() {
        var first = api.upload(file("one"), "Idempotency-Key", "k1").is(202);
        var again = api.upload(file("one"), "Idempotency-Key", "k1").is(200);
        assertThat(again.jobId()).isEqualTo(first.jobId());
        assertThat(again.json().path("already_existed").booleanValue()).isTrue();
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
        api.assertHolds(1, 1);
    }

    @Test
    void sameKeyWithOtherContentIsRefusedAndKeepsNothingMore() {
        var first = api.upload(file("one"), "Idempotency-Key", "k1").is(202);
        api.upload(file("two"), "Idempotency-Key", "k1")
                .isProblem(422, "IDEMPOTENCY_KEY_REUSED", "Idempotency-Key")
                .says("k1", first.jobId().toString());
        api.upload(file("one").field("handler", "echo"), "Idempotency-Key", "k1")
                .is(422);
        api.upload(file("one").field("options", "{\"a\":1}"), "Idempotency-Key", "k1")
                .is(422);
        api.upload(file("one").field("review", "true"), "Idempotency-Key", "k1").is(422);
        api.upload(file("one").field("review", "false"), "Idempotency-Key", "k1")
                .is(200);
        api.enqueue("{\"handler\":\"echo\"}", "Idempotency-Key", "k1").is(422);
        api.assertHolds(1, 1);
        assertThat(api.count("pipeline_document_parts")).isEqualTo(1);
    }

    @Test
    void keyStandsForOneJobInEachRealm() {
        var one =
                api.upload(file("one"), "Idempotency-Key", "k1", "X-Realm", "a").is(202);
        var two =
                api.upload(file("two"), "Idempotency-Key", "k1", "X-Realm", "b").is(202);
        assertThat(one.jobId()).isNotEqualTo(two.jobId());
        api.assertHolds(2, 2);
    }

    @Test
    void submissionsWithoutKeyAreAllDifferent() {
        api.upload(file("one")).is(202);
        api.upload(file("one")).is(202);
        api.assertHolds(2, 2);
    }

    @Test
    void jsonHasTheSameRules() {
        var body = "{\"handler\":\"echo\",\"input\":{\"n\":1}}";
        var first = api.enqueue(body, "Idempotency-Key", "k1").is(202);
        assertThat(api.enqueue(body, "Idempotency-Key", "k1").is(200).jobId()).isEqualTo(first.jobId());
        api.enqueue(body.replace("1", "2"), "Idempotency-Key", "k1").is(422);
        api.assertHolds(1, 0);
    }

    @Test
    void orderOfKeysAndHowTheJobIsRunAreNoContent() {
        var body = "{\"handler\":\"echo\",\"input\":{\"a\":1,\"b\":[{\"c\":2,\"d\":3}]},\"options\":{\"x\":1,\"y\":2}}";
        var first = api.enqueue(body, "Idempotency-Key", "k1").is(202);
        var same = "{\"options\":{\"y\":2,\"x\":1},\"input\":{\"b\":[{\"d\":3,\"c\":2}],\"a\":1},\"queue\":\"slow\","
                + "\"max_attempts\":9,\"timeout_sec\":9,\"run_after\":\"2031-01-01T00:00:00Z\",\"handler\":\"echo\"}";
        assertThat(api.enqueue(same, "Idempotency-Key", "k1").is(200).jobId()).isEqualTo(first.jobId());
        api.enqueue(body.replace("\"d\":3", "\"d\":4"), "Idempotency-Key", "k1").is(422);
        api.enqueue(body.replace("\"y\":2", "\"y\":4"), "Idempotency-Key", "k1").is(422);
        api.assertHolds(1, 0);
    }

    @Test
    void noInputIsAnEmptyOne() {
        api.enqueue("{\"handler\":\"echo\"}", "Idempotency-Key", "k1").is(202);
        api.enqueue("{\"handler\":\"echo\",\"input\":{}}", "Idempotency-Key", "k1")
                .is(200);
    }

    @Test
    void ofFiftyAtOnceOneMakesTheJob() {
        var answers = Together.run(50, i -> api.upload(file("one"), "Idempotency-Key", "k1"));
        assertThat(answers).extracting(Answer::status).containsOnlyOnce(202).containsOnly(200, 202);
        assertThat(answers)
                .extracting(Answer::jobId)
                .containsOnly(answers.get(0).jobId());
        api.assertHolds(1, 1);
        assertThat(api.count("pipeline_document_parts")).isEqualTo(1);
    }

    @Test
    void ofFiftyAtOnceWithTwoContentsOneMakesTheJobAndTheOtherContentIsRefused() {
        var answers = Together.run(50, i -> api.upload(file(i % 2 == 0 ? "even" : "odd"), "Idempotency-Key", "k1"));
        var first = IntStream.range(0, 50)
                .filter(i -> answers.get(i).status() == 202)
                .findFirst()
                .orElseThrow();
        for (int i = 0; i < 50; i++) {
            if (i % 2 == first % 2) {
                assertThat(answers.get(i).is(i == first ? 202 : 200).jobId())
                        .isEqualTo(answers.get(first).jobId());
            } else {
                answers.get(i).isProblem(422, "IDEMPOTENCY_KEY_REUSED", "Idempotency-Key");
            }
        }
        api.assertHolds(1, 1);
        assertThat(api.get("/pipeline/jobs/" + answers.get(first).jobId() + "/file")
                        .text())
                .isEqualTo(first % 2 == 0 ? "even" : "odd");
    }

    private static Form file(String text) {
        return Form.of("a.txt", text.getBytes(StandardCharsets.UTF_8));
    }
}
