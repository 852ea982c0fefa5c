package io.jobtrail.run;

import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.queue.SharedRoundTrips;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import redis.clients.jedis.Response;

/**
 * Takes what stands in the lists now, the most urgent first: in one round trip for all threads that ask at the same moment.
 * Waits for nothing to come.
 */
final class SharedPop {
    private final Redis redis;
    private final List<String> keys;
    private final SharedRoundTrips<Boolean, Optional<Popped>> pops = new SharedRoundTrips<>(this::pop);

    SharedPop(Redis redis, List<QueueName> queues) {
        this.redis = redis;
        keys = queues.stream().map(JobQueue::key).toList();
    }

    record Popped(String key, String text) {}

    Optional<Popped> pop() {
        return pops.submit(true);
    }

    private List<Optional<Popped>> pop(List<Boolean> callers) {
        var popped = new ArrayList<Optional<Popped>>();
        redis.call(jedis -> {
            for (var key : keys) {
                int missing = callers.size() - popped.size();
                if (missing == 0) {
                    break;
                }
                var pipeline = jedis.pipelined();
                var answers = IntStream.range(0, missing)
                        .mapToObj(i -> pipeline.lpop(key))
                        .toList();
                pipeline.sync();
                answers.stream()
                        .map(Response::get)
                        .filter(text -> text != null)
                        .forEach(text -> popped.add(Optional.of(new Popped(key, text))));
            }
            return null;
        });
        popped.addAll(Collections.nCopies(callers.size() - popped.size(), Optional.empty()));
        return popped;
    }
}
