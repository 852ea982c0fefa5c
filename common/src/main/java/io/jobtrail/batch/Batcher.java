package io.jobtrail.batch;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;

/**
 * Lets threads that want the same done at the same moment share one call. Whoever finds none under way makes one at once;
 * those who come meanwhile make up the next, in the order in which they came. Those whom a call has just answered often want
 * the next thing together as well: they are given a moment to come back, see {@link Returning}. Does nothing by itself, and has
 * no thread of its own.
 *
 * @param <I> what one caller wants
 * @param <O> what it gets
 */
public final class Batcher<I, O> {
    private static final Duration LONGEST_WAIT = Duration.ofMillis(1);
    private static final long FOREVER = Long.MAX_VALUE;

    /** What the others get when an Error ends a call; made beforehand, as none can be when memory has run out. */
    private static final RuntimeException BROKEN_OFF =
            new RuntimeException("a shared call broke off; what it has done is unknown", null, false, false) {};

    private final Limits limits;
    private final ToIntFunction<I> size;
    private final Function<List<I>, List<O>> call;
    private final LongSupplier clock;
    private final Returning returning;

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Caller> waiting = new ArrayDeque<>();
    private boolean underWay;
    private Caller gathering; // who waits for others before making the call

    /**
     * @param items most callers that share a call
     * @param size most that they bring together, in the unit of the caller's choice; one that brings more goes alone
     */
    public record Limits(int items, int size) {}

    /**
     * @param size of what a caller brings, in the unit of the limits
     * @param call answers in the order of the items; what it throws, each of them gets
     */
    public Batcher(Limits limits, ToIntFunction<I> size, Function<List<I>, List<O>> call) {
        this(limits, size, call, System::nanoTime, LONGEST_WAIT);
    }

    /** @param clock in nanoseconds, as those who were answered are waited for by it */
    Batcher(
            Limits limits,
            ToIntFunction<I> size,
            Function<List<I>, List<O>> call,
            LongSupplier clock,
            Duration longestWait) {
        this.limits = limits;
        this.size = size;
        this.call = call;
        this.clock = clock;
        returning = new Returning(clock, longestWait.toNanos());
    }

    /** One caller and what has become of it: written once, before one of the flags is set. */
    private final class Caller {
        private final I item;
        private final int weight;
        private final Thread thread = Thread.currentThread();
        private volatile boolean leads; // the oldest, and no call is under way
        private volatile boolean settled;
        private boolean interrupted;
        private O answer;
        private RuntimeException failure;

        Caller(I item) {
            this.item = item;
            weight = size.applyAsInt(item);
        }

        /** Until somebody wakes it, or for no reason at all. A pool of connections would refuse a thread with the flag set. */
        void await(long nanos) {
            LockSupport.parkNanos(Batcher.this, nanos);
            interrupted |= Thread.interrupted();
        }
    }

    /** Returns the answer, or throws what the call threw. An interrupt does not end it, since the call is others' too. */
    public O submit(I item) {
        var caller = new Caller(item);
        caller.interrupted = Thread.interrupted();
        try {
            join(caller);
            while (!caller.leads && !caller.settled) {
                caller.await(FOREVER);
            }
            if (!caller.settled) {
                lead(caller);
            }
            if (caller.failure != null) {
                throw caller.failure;
            }
            return caller.answer;
        } finally {
            if (caller.interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Number of callers whose call has not been made yet. */
    public int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    private void join(Caller caller) {
        Caller gathered = null;
        lock.lock();
        try {
            waiting.add(caller);
            if (!underWay) { // and so nobody else waits
                underWay = true;
                caller.leads = true;
            } else if (waiting.size() >= returning.expected) {
                gathered = gathering;
            }
        } finally {
            lock.unlock();
        }
        if (gathered != null) {
            LockSupport.unpark(gathered.thread);
        }
    }

    private void lead(Caller caller) {
        List<Caller> batch = List.of();
        try {
            batch = gather(caller);
        } finally {
            if (batch.isEmpty()) { // memory ran out, say; the others go on without this one
                resign(caller);
            }
        }
        make(batch);
    }

    /** Those for whom to make the next call. */
    private List<Caller> gather(Caller leader) {
        lock.lock();
        try {
            int came = waiting.size();
            if (returning.worthWaiting(came)) {
                gathering = leader;
                for (long left = returning.left();
                        left > 0 && waiting.size() < returning.expected;
                        left = returning.left()) {
                    lock.unlock();
                    leader.await(left);
                    lock.lock();
                }
                gathering = null;
                returning.waited(came, waiting.size());
            }
            return next();
        } finally {
            lock.unlock();
        }
    }

    /** The oldest that fit into one call, the very oldest always. */
    private List<Caller> next() {
        var batch = new ArrayList<Caller>(Math.min(waiting.size(), limits.items()));
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

    private void make(List<Caller> batch) {
        List<O> answers = null;
        RuntimeException failure = BROKEN_OFF;
        long begun = clock.getAsLong();
        try {
            answers = call.apply(batch.stream().map(caller -> caller.item).toList());
            failure = answers.size() == batch.size()
                    ? null
                    : new IllegalStateException(answers.size() + " answers for " + batch.size() + " items");
        } catch (RuntimeException e) {
            failure = e;
        } finally { // memory ran out, say; the others must hear of it, or they would wait for ever
            settle(batch, answers, failure, clock.getAsLong() - begun);
        }
    }

    private void settle(List<Caller> batch, List<O> answers, RuntimeException failure, long took) {
        for (int i = 0; i < batch.size(); i++) {
            var caller = batch.get(i);
            caller.answer = failure == null ? answers.get(i) : null;
            caller.failure = failure;
            caller.settled = true;
        }
        Caller next;
        lock.lock();
        try {
            returning.expect(Math.min(batch.size() + waiting.size(), limits.items()), took);
            next = passOn();
        } finally {
            lock.unlock();
        }
        LockSupport.unpark(next == null ? null : next.thread);
        batch.forEach(caller -> LockSupport.unpark(caller.thread));
    }

    private void resign(Caller leader) {
        Caller next;
        lock.lock();
        try {
            gathering = null;
            waiting.remove(leader);
            next = passOn();
        } finally {
            lock.unlock();
        }
        LockSupport.unpark(next == null ? null : next.thread);
    }

    /** To whoever is to make the next call; null when nobody waits. */
    private Caller passOn() {
        var oldest = waiting.peek();
        underWay = oldest != null;
        if (underWay) {
            oldest.leads = true;
        }
        return oldest;
    }

    /**
     * Whether the next call waits for those whom the last one has answered. Threads that go round in a loop would else fall into
     * two halves, each of which makes its call while the other half is busy: twice as many calls, which cost much more by the call
     * than by the item. Never longer than half of what the last call took, and more and more seldom when they do not come. A caller
     * who was alone waits for nobody, so that there is no delay where nothing is shared. Guarded by the lock.
     */
    static final class Returning {
        private static final int MOST_LEFT_OUT = 64;

        private final LongSupplier clock;
        private final long longest;
        private int expected;
        private long until;
        private int leaveOutNext = 1; // more and more, while waiting is in vain
        private int leaveOut; // so many calls do not wait

        Returning(LongSupplier clock, long longest) {
            this.clock = clock;
            this.longest = longest;
        }

        /** @param callers all that are known: those who were answered now, and those who wait */
        void expect(int callers, long lastTook) {
            expected = callers;
            until = clock.getAsLong() + Math.min(lastTook / 2, longest);
        }

        boolean worthWaiting(int came) {
            if (came >= expected || left() <= 0) {
                return false;
            }
            if (leaveOut > 0) {
                leaveOut--;
                return false;
            }
            return true;
        }

        long left() {
            return until - clock.getAsLong();
        }

        void waited(int before, int after) {
            boolean mostCame = 2 * (after - before) >= expected - before;
            leaveOut = mostCame ? 0 : leaveOutNext;
            leaveOutNext = mostCame ? 1 : Math.min(2 * leaveOutNext, MOST_LEFT_OUT);
        }
    }
}
