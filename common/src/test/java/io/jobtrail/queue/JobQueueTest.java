package io.jobtrail.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.job.JobIds;
import io.jobtrail.job.QueueName;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.EmptyRedis;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.exceptions.JedisException;

class JobQueueTest {
    private static final UUID ID = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");

    @AutoClose
    private final Redis redis = EmptyRedis.connect(4, Duration.ZERO);

    private final JobQueue queue = new JobQueue(redis);

    @Test
    void aPushHasTheFormOfResque() {
        queue.push(QueueName.URGENT, List.of(new JobQueue.Entry("process_document", ID)));
        assertThat(redis.<List<String>>call(jedis -> jedis.lrange("resque:queue:urgent", 0, -1)))
                .containsExactly("{\"class\":\"process_document\",\"args\":[\"" + ID + "\"],\"vars\":null}");
        assertThat(redis.<java.util.Set<String>>call(jedis -> jedis.smembers("resque:queues")))
                .containsExactly("urgent");
        assertThat(redis.<java.util.Set<String>>call(jedis -> jedis.keys("*")))
                .containsExactlyInAnyOrder("resque:queue:urgent", "resque:queues");
    }

    @Test
    void manyArePushedInTheirOrder() {
        var entries = Stream.generate(JobIds::next)
                .limit(50)
                .map(id -> new JobQueue.Entry("h", id))
                .toList();
        queue.push(QueueName.SLOW, entries);
        var texts = redis.<List<String>>call(jedis -> jedis.lrange("resque:queue:slow", 0, -1));
        assertThat(texts.stream().map(text -> JobQueue.parse(text).orElseThrow()))
                .containsExactlyElementsOf(entries);
        assertThat(redis.<java.util.Set<String>>call(jedis -> jedis.smembers("resque:queues")))
                .containsExactly("slow");
        assertThat(queue.length(QueueName.SLOW)).isEqualTo(50);
        assertThat(queue.length(QueueName.URGENT)).isZero();
    }

    @Test
    void theIdsOfAListOfSeveralPagesAreFoundAndJunkIsPassedOver() {
        var ids = new HashSet<UUID>();
        redis.call(jedis -> {
            var pipeline = jedis.pipelined();
            for (int i = 0; i < 12_001; i++) {
                var id = JobIds.next();
                ids.add(id);
                pipeline.rpush("resque:queue:default", "{\"class\":\"h\",\"args\":[\"" + id + "\"]}");
                if (i % 100 == 0) {
                    pipeline.rpush("resque:queue:default", "junk");
                }
            }
            pipeline.sync();
            return null;
        });
        assertThat(queue.ids(QueueName.DEFAULT)).isEqualTo(ids);
        assertThat(queue.ids(QueueName.SLOW)).isEmpty();
    }

    static Stream<String> junk() {
        return Stream.of(
                "",
                " ",
                "junk",
                "null",
                "[]",
                "7",
                "\"" + ID + "\"",
                "{",
                "{}",
                "{\"class\":\"h\"}",
                "{\"class\":\"h\",\"args\":null}",
                "{\"class\":\"h\",\"args\":[]}",
                "{\"class\":\"h\",\"args\":[7]}",
                "{\"class\":\"h\",\"args\":[\"x\"]}",
                "{\"class\":\"h\",\"args\":[[\"" + ID + "\"]]}",
                "{\"class\":\"h\",\"args\":\"" + ID + "\"}",
                "{\"class\":\"h\",\"vars\":{\"id\":\"" + ID + "\"}}",
                "{\"class\":\"h\",\"args\":[\"zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz\"]}",
                "{\"class\":\"h\",\"args\":[\"" + ID + "\"]} and more",
                "{\"class\":\"h\",\"args\":[\"" + "x".repeat(2_000_000) + "\"]}",
                "{\"class\":\"h\",\"args\":" + "[".repeat(50_000),
                "{\"a\":".repeat(50_000),
                "\0\ufffd");
    }

    @ParameterizedTest(name = "{index}")
    @MethodSource("junk")
    void junkIsNoJob(String text) {
        assertThat(JobQueue.parse(text)).isEmpty();
    }

    @Test
    void whatOtherClientsOfResqueWriteIsUnderstood() {
        assertThat(JobQueue.parse(" {\"args\" : [\"" + ID + "\", 2], \"class\": \"h\", \"queue\": \"x\"}"))
                .contains(new JobQueue.Entry("h", ID));
    }

    @Test
    void userAndPasswordComeFromTheUrl() {
        var server = TestServers.redis();
        redis.call(jedis -> jedis.aclSetUser("jobtrail-test", "on", ">p@ss:w/rd", "resetkeys", "~resque:*", "+@all"));
        try {
            var address = server.url().replace("redis://", "");
            try (var signedIn = new Redis("redis://jobtrail-test:p%40ss%3Aw%2Frd@" + address, 1, Duration.ZERO)) {
                new JobQueue(signedIn).push(QueueName.SLOW, List.of(new JobQueue.Entry("h", ID)));
                assertThat(signedIn.<String>call(jedis -> jedis.aclWhoAmI())).isEqualTo("jobtrail-test");
            }
            try (var wrong = new Redis("redis://jobtrail-test:wrong@" + address, 1, Duration.ZERO)) {
                assertThatThrownBy(() -> new JobQueue(wrong).push(QueueName.SLOW, List.of(new JobQueue.Entry("h", ID))))
                        .isInstanceOf(JedisException.class);
                assertThat(new Dispatcher(new JobQueue(wrong)).push(QueueName.SLOW, "h", ID))
                        .isFalse();
            }
            assertThat(queue.ids(QueueName.SLOW)).containsExactly(ID);
        } finally {
            redis.call(jedis -> jedis.aclDelUser("jobtrail-test"));
        }
    }
}
