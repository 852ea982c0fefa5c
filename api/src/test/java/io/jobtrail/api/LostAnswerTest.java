package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Postgres has committed a job, but its answer never arrives. */
class LostAnswerTest {
    private static final byte[] TEXT = "some text".getBytes(StandardCharsets.UTF_8);
    private TcpProxy proxy;
    private RunningApi api;

    @BeforeEach
    void start() {
        proxy = TcpProxy.to(TestServers.postgres().port());
        api = RunningApi.through(proxy);
    }

    @AfterEach
    void stop() {
        api.close();
        proxy.close();
    }

    @Test
    void theJobOfThisVeryRequestIsAnsweredAndPushedAsNew() {
        proxy.cutAnswerTo("enqueue_jobs");
        var answer = api.upload(form(), "Idempotency-Key", "k1").is(202);
        assertThat(answer.json().path("already_existed").booleanValue()).isFalse();
        assertThat(isInRedis(answer)).isTrue();
        api.assertHolds(1, 1);
        assertThat(api.get("/pipeline/jobs/" + answer.jobId() + "/file").is(200).body())
                .isEqualTo(TEXT);
    }

    @Test
    void anEarlierJobWithTheSameKeyIsStillAnsweredAsExisting() {
        var first = api.upload(form(), "Idempotency-Key", "k1").is(202);
        proxy.cutAnswerTo("enqueue_jobs");
        var again = api.upload(form(), "Idempotency-Key", "k1").is(200);
        assertThat(again.jobId()).isEqualTo(first.jobId());
        api.assertHolds(1, 1);
    }

    @Test
    void whatStaysUnknownIsSaidAndTheJobKeepsItsFile() {
        proxy.cutAnswersTo("enqueue_jobs", 2);
        var unknown = api.upload(form(), "Idempotency-Key", "k1")
                .isProblem(503, "DATABASE_UNAVAILABLE", null)
                .says("unknown", "Idempotency-Key");
        assertThat(unknown.header("Retry-After")).matches("\\d+");
        api.assertHolds(1, 1);

        var again = api.upload(form(), "Idempotency-Key", "k1").is(200);
        assertThat(unknown.text()).contains(again.jobId().toString());
        assertThat(api.get("/pipeline/jobs/" + again.jobId() + "/file").is(200).body())
                .isEqualTo(TEXT);
        api.assertHolds(1, 1);
    }

    @Test
    void jsonHasTheSameRules() {
        proxy.cutAnswerTo("enqueue_jobs");
        api.enqueue("{\"handler\":\"echo\"}").is(202);
        proxy.cutAnswersTo("enqueue_jobs", 2);
        api.enqueue("{\"handler\":\"echo\"}").isProblem(503, "DATABASE_UNAVAILABLE", null);
        api.assertHolds(2, 0);
    }

    @Test
    void theJobsOfABatchAreAnsweredAsNewToo() {
        var body = "[{\"handler\":\"echo\"},{\"handler\":\"echo\"}]".getBytes(StandardCharsets.UTF_8);
        proxy.cutAnswerTo("enqueue_jobs");
        var answer = api.send("POST", "/pipeline/enqueue/batch", body, "Content-Type", "application/json")
                .is(202);
        assertThat(answer.json().path("accepted").asInt()).isEqualTo(2);
        assertThat(answer.json().path("already_existed").asInt()).isZero();
        proxy.cutAnswersTo("enqueue_jobs", 2);
        api.send("POST", "/pipeline/enqueue/batch", body, "Content-Type", "application/json")
                .isProblem(503, "DATABASE_UNAVAILABLE", null)
                .says("unknown", "batch");
        api.assertHolds(4, 0);
    }

    @Test
    void whetherAJobWasCancelledIsSaidToBeUnknownWhenItIs() {
        var id = api.database.aJob().insert();
        proxy.cutAnswerTo("cancel_jobs");
        api.send(
                        "POST",
                        "/pipeline/jobs/" + id,
                        "{\"action\":\"cancel\"}".getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        "application/json")
                .isProblem(503, "DATABASE_UNAVAILABLE", null)
                .says("unknown");
        api.database.assertThatJob(id).is(JobState.CANCELLED);
    }

    private static Form form() {
        return Form.of("a.txt", TEXT).field("queue", "slow");
    }

    private static boolean isInRedis(Answer answer) {
        try (var jedis = new Jedis(URI.create(TestServers.redis().url()))) {
            return jedis.lrange(JobQueue.key(QueueName.SLOW), 0, -1).stream()
                    .anyMatch(entry -> entry.contains(answer.jobId().toString()));
        }
    }
}
