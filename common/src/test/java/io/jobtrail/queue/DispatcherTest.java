package io.jobtrail.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.JobIds;
import io.jobtrail.job.QueueName;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.EmptyRedis;
import io.jobtrail.testing.Together;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class DispatcherTest {
    @AutoClose
    private final Redis redis = EmptyRedis.connect(2, Duration.ZERO);

    private final JobQueue queue = new JobQueue(redis);
    private final Dispatcher dispatcher = new Dispatcher(queue);

    @Test
    void whatIsPushedStandsInRedis() {
        var one = JobIds.next();
        var two = JobIds.next();
        var three = JobIds.next();
        assertThat(dispatcher.push(QueueName.DEFAULT, "h", one)).isTrue();
        assertThat(dispatcher.push(
                        QueueName.DEFAULT, List.of(new JobQueue.Entry("h", two), new JobQueue.Entry("h", three))))
                .isTrue();
        assertThat(queue.ids(QueueName.DEFAULT)).containsExactlyInAnyOrder(one, two, three);
    }

    @Test
    void whatSeveralThreadsPushAtOnceStandsInTheListOfItsQueue() {
        var ids = Together.run(6, thread -> {
            var mine = Stream.generate(JobIds::next).limit(50).toList();
            mine.forEach(
                    id -> assertThat(dispatcher.push(queueOf(thread), "h", id)).isTrue());
            return mine;
        });
        for (int thread = 0; thread < 6; thread++) {
            assertThat(queue.ids(queueOf(thread))).containsAll(ids.get(thread)).hasSize(100);
        }
    }

    private static QueueName queueOf(int thread) {
        return QueueName.values()[thread % 3];
    }

    @Test
    void nothingToPushIsNoReasonToPause() {
        assertThat(dispatcher.push(QueueName.DEFAULT, List.of())).isTrue();
        assertThat(dispatcher.push(QueueName.DEFAULT, "h", JobIds.next())).isTrue();
    }

    @Test
    void withoutRedisNothingIsPushedAndNothingFails() {
        assertThat(new Dispatcher(null).push(QueueName.DEFAULT, "h", JobIds.next()))
                .isFalse();
    }

    @Test
    void noFaultOfAPushIsAnErrorOfTheCaller() {
        assertThat(dispatcher.push(QueueName.DEFAULT, List.of(new JobQueue.Entry("h", null))))
                .isFalse();
        assertThat(queue.length(QueueName.DEFAULT)).isZero();
    }

    @Test
    void aRedisThatDiedCostsItsCallersLittleAndIsUsedAgainWhenItIsBack() {
        var server = TestServers.redis();
        Assumptions.assumeTrue(server.isOwn());
        assertThat(dispatcher.push(QueueName.DEFAULT, "h", JobIds.next())).isTrue();
        server.kill();
        try {
            var start = System.nanoTime();
            for (int i = 0; i < 20; i++) {
                assertThat(dispatcher.push(QueueName.DEFAULT, "h", JobIds.next()))
                        .isFalse();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        } finally {
            server.startAgain();
        }
        var after = JobIds.next();
        await().atMost(Duration.ofSeconds(15)).until(() -> dispatcher.push(QueueName.DEFAULT, "h", after));
        assertThat(queue.ids(QueueName.DEFAULT)).containsExactly(after);
    }

    @Test
    void aRedisThatHangsIsWaitedForByOneOfManyCallers() {
        var now = new AtomicLong();
        try (var proxy = TcpProxy.to(TestServers.redis().port());
                var hanging = new Redis("redis://127.0.0.1:" + proxy.port(), 6, Duration.ZERO)) {
            var slow = new Dispatcher(new JobQueue(hanging), now::get);
            proxy.fallSilent();
            assertThat(waits(slow)).isTrue();
            assertThat(waits(slow)).as("in the pause").isFalse();
            now.addAndGet(Duration.ofSeconds(2).toNanos());
            assertThat(Together.run(6, thread -> waits(slow))).containsOnlyOnce(true);
        }
    }

    private static boolean waits(Dispatcher dispatcher) {
        var start = System.nanoTime();
        assertThat(dispatcher.push(QueueName.DEFAULT, "h", JobIds.next())).isFalse();
        return System.nanoTime() - start > Duration.ofMillis(1900).toNanos();
    }

    @Test
    void aRedisThatIsFullIsNoErrorOfTheCaller() {
        redis.call(jedis -> jedis.configSet("maxmemory", "1"));
        try {
            assertThat(dispatcher.push(QueueName.DEFAULT, "h", JobIds.next())).isFalse();
        } finally {
            redis.call(jedis -> jedis.configSet("maxmemory", "0"));
        }
        await().atMost(Duration.ofSeconds(15)).until(() -> dispatcher.push(QueueName.DEFAULT, "h", JobIds.next()));
    }
}
