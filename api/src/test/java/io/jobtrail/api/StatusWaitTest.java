package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.JobAction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusWaitTest {
    private static final int MOST = 20;

    private RunningApi api;

    @BeforeEach
    void start() {
        api = RunningApi.start("MAX_WAITERS", Integer.toString(MOST));
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private static String path(UUID id, int seconds) {
        return "/pipeline/status/" + id + "?wait=" + seconds;
    }

    private void awaitWaiters(RunningApi process, int count) {
        await().until(() -> process.metric("jobtrail_status_waiting") == count);
    }

    private static Answer soon(CompletableFuture<Answer> answer) {
        return answer.orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static String status(Answer answer) {
        return answer.is(200).json().path("status").asText();
    }

    @Test
    void waitEndsWhenTheJobDoesAndNotBefore() {
        var id = api.database.aJob().insert();
        var answer = api.later(path(id, 50));
        awaitWaiters(api, 1);
        var claim =
                api.database.store().claim(id, "w", List.of("process_document")).orElseThrow();
        await().during(Duration.ofMillis(300)).until(() -> !answer.isDone());
        api.database.store().complete(claim, "{\"chunks\":7}");
        var done = soon(answer);
        assertThat(status(done)).isEqualTo("finished");
        assertThat(done.json().at("/result/chunks").asInt()).isEqualTo(7);
        awaitWaiters(api, 0);
    }

    @Test
    void waitEndsWhenAPersonIsAsked() {
        var claim = api.database.aJob().claimedBy("w");
        var answer = api.later(path(claim.id(), 50));
        awaitWaiters(api, 1);
        api.database.store().askPerson(claim, "q", "confirm", "{}");
        assertThat(status(soon(answer))).isEqualTo("awaiting_input");
    }

    @Test
    void whoSaysWhatItKnowsIsToldOfAnythingElse() {
        var id = api.database.aJob().insert();
        var known = api.get("/pipeline/status/" + id).header("ETag");
        var answer = api.later(path(id, 50), "If-None-Match", known);
        awaitWaiters(api, 1);
        var claim =
                api.database.store().claim(id, "w", List.of("process_document")).orElseThrow();
        var running = soon(answer);
        assertThat(status(running)).isEqualTo("running");

        var next = api.later(path(id, 50), "If-None-Match", running.header("ETag"));
        awaitWaiters(api, 1);
        api.database
                .leases()
                .updateHeartbeats(List.of(new io.jobtrail.store.Leases.Beat(id, claim.version(), "chunking", 0.5)));
        var further = soon(next);
        assertThat(further.json().path("stage").asText()).isEqualTo("chunking");

        var cancelled = api.later(path(id, 50), "If-None-Match", further.header("ETag"));
        awaitWaiters(api, 1);
        api.database.actions().cancel(id, "test", null);
        assertThat(soon(cancelled).json().path("why").asText()).contains("cancellation was requested");
    }

    @Test
    void whatIsKnownAlreadyIsNotSentAgain() {
        var id = api.database.aJob().insert();
        var etag = api.get("/pipeline/status/" + id).header("ETag");
        assertThat(etag).startsWith("W/\"1-");
        for (var known : new String[] {etag, etag.substring(2), "\"x\", " + etag, "*"}) {
            var answer =
                    api.get("/pipeline/status/" + id, "If-None-Match", known).is(304);
            assertThat(answer.body()).isEmpty();
            assertThat(answer.header("ETag")).isEqualTo(etag);
        }
        api.get("/pipeline/status/" + id, "If-None-Match", "\"x\"").is(200);
        assertThat(api.get(path(id, 1), "If-None-Match", etag).is(304).body()).isEmpty();
        assertThat(status(api.get(path(id, 50), "If-None-Match", "\"x\""))).isEqualTo("queued");
        assertThat(status(api.get(path(id, 1)))).isEqualTo("queued");
        api.database.actions().cancel(id, "test", null);
        assertThat(status(api.get(path(id, 50), "If-None-Match", etag))).isEqualTo("cancelled");
    }

    @Test
    void whatHasEndedIsAnsweredAtOnce() {
        var id = api.database.aJob().insert();
        api.database.actions().cancel(id, "test", null);
        assertThat(status(soon(api.later(path(id, 50))))).isEqualTo("cancelled");
        var etag = api.get("/pipeline/status/" + id).header("ETag");
        soon(api.later(path(id, 50), "If-None-Match", etag)).is(304);
    }

    @Test
    void whoWaitsForAJobThatIsDeletedIsToldSo() {
        var id = api.database.aJob().insert();
        var answer = api.later(path(id, 50));
        awaitWaiters(api, 1);
        api.database.actions().act(JobAction.DELETE, List.of(id), "test", null);
        soon(answer).isProblem(404, "NOT_FOUND", null);
        awaitWaiters(api, 0);
        api.get(path(id, 50)).isProblem(404, "NOT_FOUND", null);
        awaitWaiters(api, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"wait=0", "wait=61", "wait=-1", "wait=1.5", "wait=", "wait=abc", "wait=1&wait=2"})
    void badWaitIsRefused(String query) {
        var id = api.database.aJob().insert();
        api.get("/pipeline/status/" + id + "?" + query).isProblem(400, "INVALID_FIELD", "wait");
        api.get("/pipeline/status/" + id + "?waits=1").isProblem(400, "UNKNOWN_FIELD", "waits");
    }

    /** More than that many threads could not be held, and one more than may wait is told to come again. */
    @Test
    void manyWaitWithoutAThreadEachAndOneTooManyIsAnsweredAtOnce() {
        var id = api.database.aJob().insert();
        int before = Thread.activeCount();
        var answers = new ArrayList<CompletableFuture<Answer>>();
        for (int i = 0; i < MOST; i++) {
            answers.add(api.later(path(id, 50)));
        }
        awaitWaiters(api, MOST);
        // They count as waiting a moment before their threads leave them.
        await().until(() -> Thread.getAllStackTraces().values().stream()
                .noneMatch(stack -> java.util.Arrays.stream(stack)
                        .anyMatch(frame -> frame.getClassName().equals(StatusEndpoint.class.getName()))));
        var refused = soon(api.later(path(id, 50)));
        assertThat(status(refused)).isEqualTo("queued");
        assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1, 60);
        api.database.actions().cancel(id, "test", null);
        answers.forEach(answer -> assertThat(status(soon(answer))).isEqualTo("cancelled"));
        awaitWaiters(api, 0);
    }

    @Test
    void whoLeavesMakesRoom() throws IOException {
        var id = api.database.aJob().insert();
        for (int round = 0; round < 3; round++) {
            try (var socket = api.connect()) {
                socket.getOutputStream()
                        .write(("GET " + path(id, 50) + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                awaitWaiters(api, 1);
            }
            awaitWaiters(api, 0);
        }
    }

    @Test
    void connectionIsUsedAgainAfterAWait() throws IOException {
        var id = api.database.aJob().insert();
        try (var socket = api.connect()) {
            var request = ("GET " + path(id, 1) + " HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(3)
                    + "GET /heartbeat HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer.split("HTTP/1.1 200", -1)).hasSize(5);
        }
    }

    /** Of many changes, the middle one; what comes from outside is bounded much more loosely than what is promised. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void changeIsToldSoonByEveryProcess(boolean redis) {
        try (var other = redis ? api.another() : api.another("REDIS_URL", "")) {
            var millis = new ArrayList<Long>();
            for (int i = 0; i < 31; i++) {
                var id = api.enqueue("{\"handler\":\"echo\"}").is(202).jobId();
                var answer = other.later(path(id, 50));
                awaitWaiters(other, 1);
                var start = System.nanoTime();
                api.send(
                                "POST",
                                "/pipeline/jobs/" + id,
                                "{\"action\":\"cancel\"}".getBytes(StandardCharsets.UTF_8),
                                "Content-Type",
                                "application/json")
                        .is(200);
                assertThat(status(soon(answer))).isEqualTo("cancelled");
                millis.add((System.nanoTime() - start) / 1_000_000);
            }
            // The first ones are answered by code that runs for the first time.
            assertThat(millis.stream().skip(10).sorted().skip(10).findFirst().orElseThrow())
                    .as("of %s", millis)
                    .isLessThan(150);
        }
    }

    @Test
    void serverThatStopsAnswersThoseWhoWait() {
        var id = api.database.aJob().insert();
        var other = api.another();
        var answer = other.later(path(id, 50));
        awaitWaiters(other, 1);
        other.close();
        assertThat(status(soon(answer))).isEqualTo("queued");
    }
}
