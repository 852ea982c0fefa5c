package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.JobIds;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.testing.EmptyRedis;
import io.jobtrail.testing.Together;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Pops of several threads in one round trip. */
class SharedPopTest {
    private static final int THREADS = 6;
    private static final int JOBS = 200;

    @AutoClose
    private final Redis redis = EmptyRedis.connect(THREADS, Duration.ZERO);

    private final JobQueue queue = new JobQueue(redis);

    private List<String> push(QueueName name) {
        var entries = Stream.generate(() -> new JobQueue.Entry("h", JobIds.next()))
                .limit(JOBS)
                .toList();
        queue.push(name, entries);
        return redis.call(jedis -> jedis.lrange(JobQueue.key(name), 0, -1));
    }

    /** As Redis counts them: what comes in one piece is one. */
    private long requests() {
        var stats = redis.<String>call(jedis -> jedis.info("stats"));
        return Long.parseLong(stats.replaceFirst("(?s).*total_reads_processed:(\\d+).*", "$1"));
    }

    @Test
    void everyEntryGoesToOneThreadAndTheUrgentOnesFirst() {
        var slow = push(QueueName.SLOW);
        var urgent = push(QueueName.URGENT);
        push(QueueName.DEFAULT); // not ours
        var pops = new SharedPop(redis, List.of(QueueName.URGENT, QueueName.SLOW), Set::of);
        long before = requests();
        var popped = Together.run(THREADS, thread -> {
            var mine = new ArrayList<String>();
            for (var pop = pops.pop(); pop.isPresent(); pop = pops.pop()) {
                mine.add(pop.get().text());
            }
            return mine;
        });
        assertThat(requests() - before)
                .as("one for each urgent job and two for each other one, if every thread popped alone")
                .isLessThan(2 * JOBS);
        assertThat(popped)
                .allSatisfy(mine -> assertThat(mine.stream().map(urgent::contains))
                        .as("urgent or not, in the order of the thread")
                        .isSortedAccordingTo((one, other) -> Boolean.compare(other, one)));
        assertThat(popped.stream().flatMap(List::stream))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(urgent.stream(), slow.stream()).toList());
        assertThat(queue.length(QueueName.DEFAULT)).isEqualTo(JOBS);
    }
}
