package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.sweep.Sweeper;
import io.jobtrail.testbed.RedisServer;
import io.jobtrail.testing.JobtrailDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/** A Redis that dies, forgets or refuses, while workers and sweeper run. */
class RedisOutageTest {
    @TempDir
    private static Path directory;

    private static JobtrailDatabase database;
    private static RedisServer server;
    private RunnerRig rig;
    private Redis redis;
    private Workers workers;
    private Sweeper sweeper;

    @BeforeAll
    static void open() {
        database = JobtrailDatabase.fresh();
        server = RedisServer.start(directory.resolve("redis"));
    }

    @AfterAll
    static void close() {
        database.close();
        server.close();
    }

    @BeforeEach
    void build() {
        server.startAgain();
        rig = RunnerRig.on(database);
        redis = new Redis(server.url(), 8, RunnerRig.HASTY.pop());
        redis.call(jedis -> jedis.flushAll());
        workers = rig.workers(redis, QueueName.values());
        sweeper = rig.sweeper(redis);
        sweeper.start();
        workers.start(2);
        await().until(this::waitsInRedis);
    }

    @AfterEach
    void end() {
        assertThat(workers.stop(Duration.ofSeconds(5))).isTrue();
        sweeper.close();
        rig.close();
        redis.close();
    }

    /** Also when a connection of the pool, which is not checked when it is lent, turns out to be cut. */
    private boolean waitsInRedis() {
        try {
            return redis.call(jedis -> jedis.clientList()).contains("cmd=blpop");
        } catch (JedisException e) {
            return false;
        }
    }

    private static void onNewConnection(Consumer<Jedis> commands) {
        try (var jedis = new Jedis("127.0.0.1", server.port())) {
            commands.accept(jedis);
        }
    }

    private static List<UUID> jobs(int count) {
        return Stream.generate(() -> RunnerRig.aJob(database).insert())
                .limit(count)
                .toList();
    }

    private static void awaitFinished(List<UUID> ids) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(ids)
                        .allSatisfy(id -> assertThat(
                                        database.reader().job(id).orElseThrow().status())
                                .isEqualTo(JobState.FINISHED)));
        ids.forEach(id -> database.assertThatJob(id).hasHistory("queued", "running", "finished"));
    }

    @Test
    void jobsRunFromPostgresWhileRedisIsDeadAndFromRedisAfterwards() {
        server.kill();
        awaitFinished(jobs(5));

        server.startAgain();
        await().until(this::waitsInRedis);
        awaitFinished(jobs(5));
        assertThat(redis.<Set<String>>call(jedis -> jedis.smembers("resque:workers")))
                .isNotEmpty();
    }

    @Test
    void jobsAreFoundAgainAfterRedisForgotEverything() throws Exception {
        var mayGoOn = new CountDownLatch(1);
        rig.handler.will((job, context) -> {
            mayGoOn.await();
            return null;
        });
        var queue = new JobQueue(redis);
        var ids = new ArrayList<>(jobs(20));
        ids.forEach(id -> queue.push(QueueName.DEFAULT, List.of(new JobQueue.Entry(ScriptedHandler.NAME, id))));
        rig.handler.awaitStart();

        redis.call(jedis -> jedis.scriptFlush());
        redis.call(jedis -> jedis.flushAll());
        mayGoOn.countDown();

        awaitFinished(ids);
        awaitFinished(jobs(2));
    }

    @Test
    void aRedisThatBecameAReplicaIsNoReasonToStop() {
        redis.call(jedis -> jedis.slaveof("127.0.0.1", 1));
        awaitFinished(jobs(5));
        onNewConnection(Jedis::slaveofNoOne);
        await().until(this::waitsInRedis);
        awaitFinished(jobs(5));
    }

    @Test
    void aRedisThatHangsIsNoReasonToStopAndHardlyOneToWait() throws Exception {
        var pid = redis.<String>call(jedis -> jedis.info("server")).replaceFirst("(?s).*process_id:(\\d+).*", "$1");
        signal("STOP", pid);
        try {
            awaitFinished(jobs(30)); // with a question to Redis before each of them it would be more than 20 s
        } finally {
            signal("CONT", pid);
        }
        await().until(this::waitsInRedis);
        awaitFinished(jobs(5));
    }

    private static void signal(String name, String pid) throws Exception {
        new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid).start().waitFor();
    }

    @Test
    void aRedisWithoutMemoryIsNoReasonToStop() {
        redis.call(jedis -> jedis.configSet("maxmemory", "1"));
        try {
            awaitFinished(jobs(5));
        } finally {
            onNewConnection(jedis -> jedis.configSet("maxmemory", "0"));
        }
        await().until(this::waitsInRedis);
        awaitFinished(jobs(5));
    }
}
