package io.jobtrail.api;

import static io.jobtrail.api.ActionsTest.isInRedis;
import static io.jobtrail.api.ActionsTest.jobIn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.JobState;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same action for many jobs: named by their ids, or described by a filter. */
class BulkTest {
    @AutoClose
    private static final RunningApi api = RunningApi.start();

    private static Answer bulk(String json) {
        return api.send(
                "POST",
                "/pipeline/jobs/bulk",
                json.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
                "Content-Type",
                "application/json");
    }

    private static String ids(List<?> ids) {
        return ids.stream().map(id -> "\"" + id + "\"").collect(Collectors.joining(",", "[", "]"));
    }

    private static List<String> told(JsonNode answer) {
        return StreamSupport.stream(answer.path("results").spliterator(), false)
                .map(result -> result.path("id").asText() + " " + result.path("success") + " "
                        + result.path("status").asText() + result.path("code").asText())
                .toList();
    }

    @Test
    void eachIdHasItsOutcomeInTheOrderOfTheRequest() {
        var queued = jobIn(api, JobState.QUEUED);
        var running = jobIn(api, JobState.RUNNING);
        var finished = jobIn(api, JobState.FINISHED);
        var nobody = JobIds.next();
        var ids = new ArrayList<>(List.of(finished, nobody, queued, running, queued));
        var answer = bulk("{'action':'cancel','ids':" + ids(ids) + ",'reason':'sent twice'}")
                .is(200)
                .json();
        assertThat(told(answer))
                .containsExactly(
                        finished + " false finishedWRONG_STATE",
                        nobody + " false nullNOT_FOUND",
                        queued + " true cancelled",
                        running + " true running",
                        queued + " true cancelled");
        assertThat(answer.at("/results/0/detail").asText()).contains("this one is finished");
        assertThat(answer.path("action").asText()).isEqualTo("cancel");
        assertThat(answer.path("succeeded").asInt()).isEqualTo(3);
        assertThat(answer.path("failed").asInt()).isEqualTo(2);
        assertThat(answer.path("next").isNull()).isTrue();
        assertThat(answer.path("remaining").asInt()).isZero();
        api.database.assertThatJob(queued).lastReasonIs("sent twice");

        Collections.reverse(ids);
        assertThat(told(bulk("{'action':'delete','ids':" + ids(ids) + "}")
                        .is(200)
                        .json()))
                .containsExactly(
                        queued + " true cancelled",
                        running + " true running",
                        queued + " true cancelled",
                        nobody + " false nullNOT_FOUND",
                        finished + " true finished");
        assertThat(api.database.reader().job(finished)).isEmpty();
    }

    @Test
    void whatIsQueuedAgainIsPushedToItsOwnQueue() {
        var slow = api.database.aJob().queue(QueueName.SLOW).insert();
        var urgent = api.database.aJob().queue(QueueName.URGENT).insert();
        var waiting = api.database.aJob().queue(QueueName.URGENT).insert();
        bulk("{'action':'cancel','ids':" + ids(List.of(slow, urgent)) + "}").is(200);
        bulk("{'action':'retry','ids':" + ids(List.of(slow, urgent, waiting)) + "}")
                .is(200);
        assertThat(isInRedis(QueueName.SLOW, slow)).isTrue();
        assertThat(isInRedis(QueueName.URGENT, urgent)).isTrue();
        assertThat(isInRedis(QueueName.URGENT, waiting))
                .as("not queued by this")
                .isFalse();
    }

    @Test
    void aThousandIdsAreTakenAndNotOneMore() {
        var jobs = Stream.generate(() -> api.database.aJob().realm("thousand").asked())
                .limit(1_000)
                .toList();
        api.database.store().enqueue(jobs);
        var ids = jobs.stream().map(NewJob::id).toList();
        var tooMany = new ArrayList<>(ids);
        tooMany.add(JobIds.next());
        bulk("{'action':'cancel','ids':" + ids(tooMany) + "}")
                .isProblem(400, "INVALID_FIELD", "ids")
                .says("1 to 1000", "1001");
        api.database.assertThatJob(ids.get(0)).is(JobState.QUEUED);
        for (var action : List.of("cancel", "retry", "delete")) {
            var answer = bulk("{'action':'" + action + "','ids':" + ids(ids) + "}")
                    .is(200)
                    .json();
            assertThat(answer.path("succeeded").asInt()).as(action).isEqualTo(1_000);
        }
        assertThat(api.database.reader().verifyTrail(null)).isEmpty();
    }

    @Test
    void aFilterIsFollowedPageByPageAndLeavesOutWhatTheActionDoesNotTake() {
        var wanted = new ArrayList<String>();
        for (int i = 0; i < 7; i++) {
            wanted.add(0, failed("paged", "BOOM").toString());
            failed("paged", "OTHER");
            failed("elsewhere", "BOOM");
            api.database.aJob().realm("paged").insert();
        }
        var retried = new ArrayList<String>();
        var remaining = new ArrayList<Integer>();
        var cursor = "";
        for (int pages = 0; cursor != null && pages < 10; pages++) {
            var answer = bulk("{'action':'retry','filter':{'realm':'paged','error_code':'BOOM'},'limit':3" + cursor
                            + "}")
                    .is(200)
                    .json();
            answer.path("results")
                    .forEach(result -> retried.add(result.path("id").asText()));
            assertThat(answer.path("failed").asInt()).isZero();
            remaining.add(answer.path("remaining").asInt());
            cursor = answer.path("next").isNull()
                    ? null
                    : ",'cursor':'" + answer.path("next").asText() + "'";
        }
        assertThat(retried).isEqualTo(wanted);
        assertThat(remaining).startsWith(4, 1, 0);
        assertThat(api.database.reader().counts().get(QueueName.DEFAULT).get(JobState.FAILED))
                .isEqualTo(14L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cancel", "retry", "delete"})
    void whatMovesOnWhileItIsWaitedForIsLeftAsItIs(String action) throws Exception {
        var realm = "moves-" + action;
        var waits = action.equals("cancel");
        var job = waits ? api.database.aJob().realm(realm).insert() : failed(realm, "A");
        var from = waits ? "queued" : "failed";
        var moves = waits
                ? List.of("SELECT claim_jobs_by_id(ARRAY['%s'::uuid], '{w}', '{process_document}')")
                : List.of("SELECT retry_job('%s')", "SELECT cancel_job('%1$s')");
        try (var other = api.database.connect();
                var statement = other.createStatement()) {
            other.setAutoCommit(false);
            for (var move : moves) {
                statement.execute(move.formatted(job));
            }
            var asked = CompletableFuture.supplyAsync(
                    () -> bulk("{'action':'%s','filter':{'realm':'%s','status':'%s'}}".formatted(action, realm, from)));
            await().until(() -> api.database
                    .ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND wait_event_type = 'Lock' AND query LIKE '%" + action + "_jobs%'")
                    .equals(1L));
            other.commit();
            var now = waits ? "running" : "cancelled";
            var answer = asked.join().is(200).json();
            assertThat(told(answer)).containsExactly(job + " false " + now + "WRONG_STATE");
            assertThat(answer.at("/results/0/detail").asText())
                    .isEqualTo(action + " takes jobs that are " + from + "; this one is " + now);
            api.database.assertThatJob(job).is(JobState.of(now));
            assertThat(api.column(job, "cancel_requested")).isEqualTo("false");
            assertThat(api.column(job, "deleted_at")).isNull();
        }
    }

    private static UUID failed(String realm, String code) {
        var claim = api.database.aJob().realm(realm).claimedBy("w");
        api.database.store().fail(claim, code, "a", true, Duration.ZERO);
        return claim.id();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'queue':'slow'",
                "'status':'queued','queue':'slow'",
                "'handler':'rare','realm':'filtered'",
                "'queue':'slow','status':null,'realm':'filtered'"
            })
    void everyFieldOfTheFilterNarrowsIt(String filter) {
        var wanted = api.database
                .aJob()
                .realm("filtered")
                .handler("rare")
                .queue(QueueName.SLOW)
                .insert();
        var other = api.database.aJob().insert();
        var answer =
                bulk("{'action':'cancel','filter':{" + filter + "}}").is(200).json();
        assertThat(told(answer)).containsExactly(wanted + " true cancelled");
        assertThat(answer.path("remaining").asInt()).isZero();
        api.database.assertThatJob(other).is(JobState.QUEUED);
        var none = bulk("{'action':'cancel','filter':{" + filter + "}}").is(200).json();
        assertThat(none.path("results")).isEmpty();
        assertThat(none.path("next").isNull()).isTrue();
    }

    @Test
    void aRunningJobThatWasAskedToStopStillCounts() {
        var claim = api.database.aJob().realm("stopping").claimedBy("w");
        var answer = bulk("{'action':'cancel','filter':{'realm':'stopping'}}")
                .is(200)
                .json();
        assertThat(told(answer)).containsExactly(claim.id() + " true running");
        assertThat(answer.path("remaining").asInt()).isOne();
    }
}
