package io.jobtrail.store;

import io.micrometer.core.instrument.DistributionSummary;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * Lets threads that want the same done at the same moment share one statement and its commit. Whoever finds none under way
 * sends one at once, so nobody waits for a timer; those who come meanwhile make up the next batch, in the order in which they
 * came. Whatever a shared statement does not settle, each of its callers settles alone, so that the failure of one, or a
 * row that somebody has locked, costs the others no more than that. Knows no table and never asks twice by itself what may
 * have been committed.
 *
 * @param <I> what one caller wants
 * @param <O> what it gets
 */
final class GroupCommit<I, O> {
    private final Limits limits;
    private final ToIntFunction<I> size;
    private final Function<List<I>, List<O>> together;
    private final Function<I, O> alone;
    private final DistributionSummary batches;

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Call> waiting = new ArrayDeque<>();
    private boolean underWay;

    /**
     * @param items most callers that share a statement
     * @param size most that they bring together, in the unit of the caller's choice; one that brings more goes alone
     */
    record Limits(int items, int size) {}

    /**
     * @param size of what a caller brings, in the unit of the limits
     * @param together answers in the order of the items; null = not settled, to be asked for alone. Waits for no locked row, or
     *     everybody who comes later would wait as well
     * @param alone the same for one, waiting for what is locked; its failure is the caller's
     * @param batches gets the number of items of every statement
     */
    GroupCommit(
            Limits limits,
            ToIntFunction<I> size,
            Function<List<I>, List<O>> together,
            Function<I, O> alone,
            DistributionSummary batches) {
        this.limits = limits;
        this.size = size;
        this.together = together;
        this.alone = alone;
        this.batches = batches;
    }

    /** One caller and what has become of it. Guarded by the lock. */
    private final class Call {
        private final I item;
        private final int weight;
        private final Condition changed = lock.newCondition();
        private List<Call> batch; // not null: it is for this caller to send it
        private boolean settled;
        private O answer;
        private RuntimeException failure;

        Call(I item) {
            this.item = item;
            weight = size.applyAsInt(item);
        }
    }

    /** Returns once it is committed, or throws what the statement threw. */
    O submit(I item) {
        // Not interruptible: the statement is others' too, and the connection pool refuses a thread with the flag set.
        var interrupted = Thread.interrupted();
        try {
            return settled(new Call(item));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Number of callers whose statement has not been sent yet. */
    int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    private O settled(Call call) {
        if (mustSend(call)) {
            send(call.batch);
        }
        if (call.failure != null) {
            throw call.failure;
        }
        return call.answer == null ? alone(call.item) : call.answer;
    }

    /** Waits until the call is settled, or is the oldest when a statement may be sent: then it has a batch. */
    private boolean mustSend(Call call) {
        lock.lock();
        try {
            waiting.add(call);
            if (!underWay) { // and so nobody else waits
                underWay = true;
                call.batch = next();
            }
            while (call.batch == null && !call.settled) {
                call.changed.awaitUninterruptibly();
            }
            return call.batch != null;
        } finally {
            lock.unlock();
        }
    }

    /** The oldest that fit into one statement, the very oldest always. */
    private List<Call> next() {
        var batch = new ArrayList<Call>();
        long total = 0;
        while (!waiting.isEmpty() && batch.size() < limits.items()) {
            total += waiting.peek().weight;
            if (total > limits.size() && !batch.isEmpty()) {
                break;
            }
            batch.add(waiting.poll());
        }
        return batch;
    }

    private void send(List<Call> batch) {
        List<O> answers = Collections.nCopies(batch.size(), null);
        RuntimeException failure = null;
        try {
            answers = shared(batch.stream().map(call -> call.item).toList());
        } catch (RuntimeException e) {
            failure = e;
        } catch (Error e) { // memory ran out, say; the others must hear of it, or they would wait for ever
            failure = new IllegalStateException("a shared statement broke off; what it wrote is unknown", e);
        }
        settle(batch, answers, failure);
    }

    private List<O> shared(List<I> items) {
        batches.record(items.size());
        try {
            var answers = together.apply(items);
            if (answers.size() != items.size()) {
                throw new IllegalStateException(answers.size() + " answers for " + items.size() + " items");
            }
            return answers;
        } catch (DatabaseFailure e) {
            if (e.isUnavailable() || items.size() == 1 && !e.isTransient()) {
                throw e; // told to each of them; what was written may be unknown, or asking again is in vain
            }
            return Collections.nCopies(items.size(), null);
        }
    }

    private void settle(List<Call> batch, List<O> answers, RuntimeException failure) {
        lock.lock();
        try {
            for (int i = 0; i < batch.size(); i++) {
                var call = batch.get(i);
                call.settled = true;
                call.answer = answers.get(i);
                call.failure = failure;
                call.changed.signal();
            }
            var oldest = waiting.peek();
            if (oldest == null) {
                underWay = false;
            } else {
                oldest.batch = next();
                oldest.changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private O alone(I item) {
        batches.record(1);
        return Objects.requireNonNull(alone.apply(item), "an answer is never null");
    }
}
