package io.jobtrail.store;

import io.jobtrail.batch.Batcher;
import io.micrometer.core.instrument.DistributionSummary;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * One statement and one commit for all threads that want the same at the same moment. Whatever a shared statement does not
 * settle, each of its callers settles alone, so that the failure of one, or a row that somebody has locked, costs the others no
 * more than that. Knows no table and never asks twice by itself what may have been committed.
 *
 * @param <I> what one caller wants
 * @param <O> what it gets
 */
final class GroupCommit<I, O> {
    private final Function<List<I>, List<O>> together;
    private final Function<I, O> alone;
    private final DistributionSummary items;
    private final Batcher<I, O> statements;

    /**
     * @param size of what a caller brings, in the unit of the limits
     * @param together answers in the order of the items; null = not settled, to be asked for alone. Waits for no locked row, or
     *     everybody who comes later would wait as well
     * @param alone the same for one, waiting for what is locked; its failure is the caller's
     * @param items gets the number of items of every statement
     */
    GroupCommit(
            Batcher.Limits limits,
            ToIntFunction<I> size,
            Function<List<I>, List<O>> together,
            Function<I, O> alone,
            DistributionSummary items) {
        this.together = together;
        this.alone = alone;
        this.items = items;
        statements = new Batcher<>(limits, size, this::shared);
    }

    /** Returns once it is committed, or throws what the statement threw. */
    O submit(I item) {
        var answer = statements.submit(item);
        return answer == null ? alone(item) : answer;
    }

    /** Number of callers whose statement has not been sent yet. */
    int waiting() {
        return statements.waiting();
    }

    private List<O> shared(List<I> batch) {
        items.record(batch.size());
        try {
            return together.apply(batch);
        } catch (DatabaseFailure e) {
            if (e.isUnavailable() || batch.size() == 1 && !e.isTransient()) {
                throw e; // told to each of them; what was written may be unknown, or asking again is in vain
            }
            return Collections.nCopies(batch.size(), null);
        }
    }

    private O alone(I item) {
        items.record(1);
        return Objects.requireNonNull(alone.apply(item), "an answer is never null");
    }
}
