package io.jobtrail.run;

import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.queue.SharedRoundTrips;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import redis.clients.jedis.Response;

/**
 * Takes what stands in the lists now, the most urgent first: in one round trip for all threads that ask at the same moment.
 * Waits for nothing to come.
 */
final class SharedPop {
    private final Redis redis;
    private final List<QueueName> queues;
    private final Supplier<Set<QueueName>> paused;
    private final SharedRoundTrips<Boolean, Optional<Popped>> pops = new SharedRoundTrips<>(this::pop);

    /** @param paused those of the queues that are left alone at the moment */
    SharedPop(Redis redis, List<QueueName> queues, Supplier<Set<QueueName>> paused) {
        this.redis = redis;
        this.queues = queues;
        this.paused = paused;
    }

    record Popped(String key, String text) {}

    Optional<Popped> pop() {
        return pops.submit(true);
    }

    private List<Optional<Popped>> pop(List<Boolean> callers) {
        var popped = new ArrayList<Optional<Popped>>();
        var closed = paused.get();
        var keys = queues.stream()
                .filter(queue -> !closed.contains(queue))
                .map(JobQueue::key)
                .toList();
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
