package io.jobtrail.queue;

import io.jobtrail.batch.Batcher;
import java.util.List;
import java.util.function.Function;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Lets threads that want the same of Redis at the same moment share one round trip. Those who came before one of them failed are
 * told of that failure: a Redis that hangs would else cost them its time limit twice. Knows no command.
 *
 * @param <I> what one caller wants
 * @param <O> what it gets
 */
public final class SharedRoundTrips<I, O> {
    private static final Batcher.Limits TOGETHER = new Batcher.Limits(256, 256);

    private final Function<List<I>, List<O>> roundTrip;
    private final Batcher<Call<I>, O> calls = new Batcher<>(TOGETHER, call -> 1, this::make);

    // Of the last one that failed. One is under way at a time, and the batcher's lock lies between two.
    private JedisException failure;
    private long failedAt;

    /** @param roundTrip answers in the order of the items; what it throws, each of them gets */
    public SharedRoundTrips(Function<List<I>, List<O>> roundTrip) {
        this.roundTrip = roundTrip;
    }

    private record Call<I>(I item, long at) {}

    public O submit(I item) {
        return calls.submit(new Call<>(item, System.nanoTime()));
    }

    /** Number of callers whose round trip has not begun yet. */
    int waiting() {
        return calls.waiting();
    }

    private List<O> make(List<Call<I>> batch) {
        if (failure != null && batch.get(0).at() - failedAt < 0) {
            throw failure;
        }
        try {
            return roundTrip.apply(batch.stream().map(Call::item).toList());
        } catch (JedisException e) {
            failure = e;
            failedAt = System.nanoTime();
            throw e;
        }
    }
}
