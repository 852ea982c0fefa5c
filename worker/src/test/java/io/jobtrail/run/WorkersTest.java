package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.config.Json;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.testing.EmptyRedis;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.LogLines;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Workers at a Redis that is well. */
class WorkersTest {
    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    @AutoClose
    private final RunnerRig rig = RunnerRig.on(database);

    @AutoClose
    private final Redis redis = EmptyRedis.connect(8, Workers.LONGEST_BLOCK);

    private final JobQueue queue = new JobQueue(redis);
    private Workers workers = rig.workers(redis, QueueName.values());

    @AfterEach
    void end() {
        workers.stop(Duration.ofSeconds(5));
    }

    private UUID push(QueueName name) {
        var id = RunnerRig.aJob(database).queue(name).insert();
        queue.push(name, List.of(new JobQueue.Entry(ScriptedHandler.NAME, id)));
        return id;
    }

    private static void awaitFinished(List<UUID> ids) {
        await().untilAsserted(() -> assertThat(ids)
                .allSatisfy(
                        id -> assertThat(database.reader().job(id).orElseThrow().status())
                                .isEqualTo(JobState.FINISHED)));
        ids.forEach(id -> database.assertThatJob(id).hasHistory("queued", "running", "finished"));
    }

    @Test
    void pushedJobsRunOnceEach() {
        workers.start(2);
        var ids = new ArrayList<UUID>();
        for (int i = 0; i < 30; i++) {
            ids.add(push(QueueName.values()[i % 3]));
        }
        awaitFinished(ids);
        assertThat(rig.handler.runs()).containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void theMostUrgentQueueComesFirst() {
        var ids = new ArrayList<UUID>();
        for (var name : List.of(QueueName.SLOW, QueueName.DEFAULT, QueueName.URGENT)) {
            ids.add(0, push(name));
            ids.add(1, push(name));
        }
        workers.start(1);
        awaitFinished(ids);
        assertThat(rig.handler.runs()).containsExactlyElementsOf(ids);
    }

    @Test
    void anIdleWorkerWaitsInABlockingPopAndAsksForNothingElse() {
        workers = rig.workers(redis, RedisWaits.USUAL, QueueName.values());
        workers.start(1);
        await().until(() -> secondsInPop() > 0);
        var before = calls();
        await().until(() -> secondsInPop() == 0); // the next pop
        await().until(() -> secondsInPop() > 0);
        assertThat(calls() - before).isLessThan(8);
    }

    /** How long the worker has been waiting in its pop; -1 when it is not. */
    private int secondsInPop() {
        return redis.<String>call(jedis -> jedis.clientList())
                .lines()
                .filter(line -> line.contains("cmd=blpop"))
                .mapToInt(line -> Integer.parseInt(line.replaceFirst(".* idle=(\\d+).*", "$1")))
                .findFirst()
                .orElse(-1);
    }

    /** Commands that Redis has carried out so far, the looking itself left out. */
    private long calls() {
        return Arrays.stream(
                        redis.<String>call(jedis -> jedis.info("commandstats")).split("\r?\n"))
                .filter(line -> line.startsWith("cmdstat_") && !line.matches("cmdstat_(info|client).*"))
                .mapToLong(line -> Long.parseLong(line.replaceFirst(".*calls=(\\d+).*", "$1")))
                .sum();
    }

    @Test
    void junkInTheListDoesNoHarm() {
        var key = JobQueue.key(QueueName.DEFAULT);
        var doubled = RunnerRig.aJob(database).insert();
        var foreign = database.aJob().handler("elsewhere").insert();
        redis.call(jedis -> jedis.rpush(
                key,
                "",
                "not json",
                "null",
                "7",
                "[[",
                "{}",
                "{\"class\":null,\"args\":null}",
                "{\"class\":\"java.lang.Runtime\",\"args\":[{\"x\":1}]}",
                "{\"class\":\"scripted\",\"args\":[\"no uuid at all, though as long as one\"]}",
                "[".repeat(100_000),
                "\0\ufffd"));
        queue.push(QueueName.DEFAULT, List.of(new JobQueue.Entry(ScriptedHandler.NAME, UUID.randomUUID())));
        queue.push(QueueName.DEFAULT, List.of(new JobQueue.Entry("elsewhere", foreign)));
        for (int i = 0; i < 100; i++) {
            queue.push(QueueName.DEFAULT, List.of(new JobQueue.Entry(ScriptedHandler.NAME, doubled)));
        }
        workers.start(2);
        var good = push(QueueName.SLOW);

        awaitFinished(List.of(doubled, good));
        await().until(() -> queue.length(QueueName.DEFAULT) == 0);
        database.assertThatJob(foreign).is(JobState.QUEUED);
        assertThat(rig.handler.runs()).containsExactlyInAnyOrder(doubled, good);
    }

    @Test
    void resquesToolsSeeTheWorkersAndWhatTheyDo() throws Exception {
        var mayEnd = new CountDownLatch(1);
        rig.handler.will((job, context) -> {
            mayEnd.await();
            return null;
        });
        workers.start(1);
        var id = push(QueueName.URGENT);
        rig.handler.awaitStart();

        var names = redis.call(jedis -> jedis.smembers("resque:workers"));
        assertThat(names).hasSize(1);
        var worker = "resque:worker:" + names.iterator().next();
        await().until(() -> redis.call(jedis -> jedis.exists(worker)));
        var status = Json.MAPPER.readTree(redis.<String>call(jedis -> jedis.get(worker)));
        assertThat(status.path("queue").textValue()).isEqualTo("urgent");
        assertThat(status.path("run_at").isMissingNode()).isFalse();
        assertThat(status.path("payload").path("class").textValue()).isEqualTo(ScriptedHandler.NAME);
        assertThat(status.path("payload").path("args").path(0).textValue()).isEqualTo(id.toString());
        assertThat(redis.<String>call(jedis -> jedis.get(worker + ":started"))).isNotBlank();
        assertThat(redis.<Set<String>>call(jedis -> jedis.smembers("resque:queues")))
                .contains("urgent");

        mayEnd.countDown();
        await().until(() -> !redis.call(jedis -> jedis.exists(worker)));
        await().until(() -> "1".equals(redis.<String>call(jedis -> jedis.get("resque:stat:processed"))));

        assertThat(workers.stop(Duration.ofSeconds(5))).isTrue();
        assertThat(redis.<Set<String>>call(jedis -> jedis.smembers("resque:workers")))
                .isEmpty();
        assertThat(redis.<Set<String>>call(jedis -> jedis.keys("resque:worker:*")))
                .isEmpty();
    }

    @Test
    void aHandlerThatThrowsAnErrorDoesNotEndItsThread() {
        workers.start(1);
        rig.handler.will((job, context) -> {
            throw new OutOfMemoryError("pretended");
        });
        var failing = push(QueueName.DEFAULT);
        await().until(() -> database.reader().job(failing).orElseThrow().status() == JobState.RETRYING);
        rig.handler.will((job, context) -> null);
        awaitFinished(List.of(push(QueueName.DEFAULT)));
        var threads = Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().equals("worker-0"));
        assertThat(threads).hasSize(1);
    }

    @Test
    void aPostgresThatRefusesForGoodIsAnErrorOfItsOwn() {
        database.asOwner("ALTER FUNCTION claim_jobs RENAME TO gone");
        var alone = rig.workers(null, QueueName.DEFAULT);
        try (var log = LogLines.of(Workers.class)) {
            alone.start(1);
            await().until(() -> log.lines().stream().anyMatch(line -> line.startsWith("ERROR Postgres refuses")));
            assertThat(log.lines()).noneMatch(line -> line.contains("for the moment"));
        } finally {
            database.asOwner("ALTER FUNCTION gone RENAME TO claim_jobs");
        }
        awaitFinished(List.of(RunnerRig.aJob(database).insert()));
        assertThat(alone.stop(Duration.ofSeconds(5))).isTrue();
    }

    @Test
    void withoutRedisJobsComeFromPostgresInStrictPriority() {
        var slow = RunnerRig.aJob(database).queue(QueueName.SLOW).insert();
        var urgent = RunnerRig.aJob(database).queue(QueueName.URGENT).insert();
        var alone = rig.workers(null, QueueName.URGENT, QueueName.SLOW);
        var unserved = RunnerRig.aJob(database).insert();
        alone.start(1);
        awaitFinished(List.of(slow, urgent));
        assertThat(rig.handler.runs()).containsExactly(urgent, slow);
        awaitFinished(List.of(RunnerRig.aJob(database).queue(QueueName.SLOW).insert()));
        database.assertThatJob(unserved).is(JobState.QUEUED);
        assertThat(alone.stop(Duration.ofSeconds(5))).isTrue();
        database.actions().cancel(unserved, "test", "over");
    }
}
