package io.jobtrail.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobtrail.testing.Together;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who shares a call with whom. */
class BatcherTest {
    private static final Batcher.Limits MANY = new Batcher.Limits(10, 100);

    /** The time that a call takes by the clock of the test: those who were answered are waited for half as long. */
    private static final Duration CALL = Duration.ofHours(1);

    private final List<List<String>> calls = Collections.synchronizedList(new ArrayList<>());
    private final Semaphore mayEnd = new Semaphore(0);
    private final AtomicLong clock = new AtomicLong();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        mayEnd.release(1_000);
        threads.shutdownNow();
    }

    /** Each call ends when the test lets it. */
    private Batcher<String, String> batcher(
            Batcher.Limits limits, Duration longestWait, Function<List<String>, List<String>> call) {
        return new Batcher<>(
                limits,
                String::length,
                items -> {
                    calls.add(items);
                    mayEnd.acquireUninterruptibly();
                    clock.addAndGet(CALL.toNanos());
                    return call.apply(items);
                },
                clock::get,
                longestWait);
    }

    private static List<String> all(List<String> items) {
        return items.stream().map(item -> item + "!").toList();
    }

    private CompletableFuture<String> submit(Batcher<String, String> batcher, String item) {
        return CompletableFuture.supplyAsync(() -> batcher.submit(item), threads)
                .orTimeout(1, TimeUnit.MINUTES);
    }

    /** These come, in their order, while the call of the first is under way. */
    private List<CompletableFuture<String>> whileOneIsUnderWay(Batcher<String, String> batcher, String... items) {
        var callers = new ArrayList<CompletableFuture<String>>();
        callers.add(submit(batcher, "first"));
        awaitCalls(1);
        for (var item : items) {
            int before = batcher.waiting();
            callers.add(submit(batcher, item));
            await().until(() -> batcher.waiting() > before);
        }
        return callers;
    }

    private void awaitCalls(int count) {
        await().until(() -> calls.size() == count);
    }

    @Test
    void aCallHoldsNoMoreThanTheLimitsAllowAndTheOldestGoFirst() {
        var batcher = batcher(new Batcher.Limits(3, 10), Duration.ZERO, BatcherTest::all);
        var callers = whileOneIsUnderWay(batcher, "a", "b", "c", "dddd", "eeee", "ffff", "ggggggggggggg", "hh", "i");
        mayEnd.release(1_000);
        callers.forEach(CompletableFuture::join);
        assertThat(calls)
                .containsExactly(
                        List.of("first"),
                        List.of("a", "b", "c"),
                        List.of("dddd", "eeee"),
                        List.of("ffff"),
                        List.of("ggggggggggggg"),
                        List.of("hh", "i"));
    }

    @Test
    void oneCallIsUnderWayAtATimeAndNobodyIsForgotten() {
        var most = new AtomicInteger();
        var running = new AtomicInteger();
        var items = new AtomicInteger();
        var batcher = new Batcher<Integer, Integer>(new Batcher.Limits(3, 100), item -> 1, batch -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            items.addAndGet(batch.size());
            Thread.yield();
            running.decrementAndGet();
            return batch;
        });
        Together.run(8, thread -> {
            for (int i = 0; i < 2_000; i++) {
                assertThat(batcher.submit(thread * 10_000 + i)).isEqualTo(thread * 10_000 + i);
            }
            return null;
        });
        assertThat(most).hasValue(1);
        assertThat(items).hasValue(16_000);
    }

    @Test
    void thoseWhoWereAnsweredAreWaitedFor() {
        var batcher = batcher(MANY, Duration.ofDays(1), BatcherTest::all);
        var callers = whileOneIsUnderWay(batcher, "a", "b");
        mayEnd.release(); // the first is answered; it is expected back
        callers.get(0).join();
        assertThat(calls).hasSize(1);
        var again = submit(batcher, "again");
        awaitCalls(2);
        assertThat(calls.get(1)).containsExactly("a", "b", "again");
        mayEnd.release();
        again.join();

        // Nobody waits, and all three are expected: the first to come begins no call of its own.
        var back = List.of(submit(batcher, "c"), submit(batcher, "c"), submit(batcher, "c"));
        awaitCalls(3);
        assertThat(calls.get(2)).containsExactly("c", "c", "c");
        mayEnd.release();
        back.forEach(CompletableFuture::join);
    }

    @Test
    void whoWasAloneWaitsForNobody() {
        var batcher = batcher(MANY, Duration.ofDays(1), BatcherTest::all);
        mayEnd.release(2);
        assertThat(batcher.submit("a")).isEqualTo("a!");
        assertThat(batcher.submit("b")).isEqualTo("b!");
        assertThat(calls).containsExactly(List.of("a"), List.of("b"));
    }

    @Test
    void nobodyIsWaitedForWhenTheTimeIsOver() {
        var batcher = batcher(MANY, Duration.ofDays(1), BatcherTest::all);
        var callers = whileOneIsUnderWay(batcher, "a", "b");
        mayEnd.release(2);
        callers.get(0).join();
        submit(batcher, "again").join();
        callers.forEach(CompletableFuture::join);
        clock.addAndGet(CALL.toNanos() / 2);
        mayEnd.release();
        assertThat(batcher.submit("late")).isEqualTo("late!");
        assertThat(calls).last().isEqualTo(List.of("late"));
    }

    @Test
    void waitingInVainIsTriedMoreAndMoreSeldom() {
        var returning = new Batcher.Returning(clock::get, Duration.ofDays(1).toNanos());
        var waits = new ArrayList<Integer>();
        for (int call = 0; call < 16; call++) {
            returning.expect(8, CALL.toNanos());
            if (returning.worthWaiting(4)) {
                waits.add(call);
                returning.waited(4, 5); // one of the four that were missing
            }
        }
        assertThat(waits).containsExactly(0, 2, 5, 10);
        returning.waited(4, 6);
        assertThat(returning.worthWaiting(4)).isTrue();
    }

    @Test
    void anErrorLeavesNobodyWaiting() {
        var broken = new AtomicBoolean(true);
        var batcher = batcher(MANY, Duration.ZERO, items -> {
            if (broken.get()) {
                throw new OutOfMemoryError("as the test wants it");
            }
            return all(items);
        });
        var callers = whileOneIsUnderWay(batcher, "a", "b");
        mayEnd.release(1_000);
        for (var caller : callers.subList(0, 2)) { // each made a call
            assertThatThrownBy(caller::join).hasRootCauseInstanceOf(OutOfMemoryError.class);
        }
        assertThatThrownBy(callers.get(2)::join).hasMessageContaining("broke off");
        broken.set(false);
        assertThat(batcher.submit("c")).isEqualTo("c!");
    }

    @Test
    void whoBreaksOffBeforeItsCallLeavesNobodyWaiting() {
        var first = new AtomicReference<Thread>();
        var broken = new AtomicBoolean(true);
        var batcher = new Batcher<String, String>(
                MANY,
                String::length,
                items -> {
                    first.compareAndSet(null, Thread.currentThread());
                    calls.add(items);
                    mayEnd.acquireUninterruptibly();
                    return all(items);
                },
                () -> {
                    if (first.get() != null && first.get() != Thread.currentThread() && broken.getAndSet(false)) {
                        throw new StackOverflowError("as the test wants it");
                    }
                    return clock.get();
                },
                Duration.ZERO);
        var callers = whileOneIsUnderWay(batcher, "a", "b");
        mayEnd.release(1_000);
        assertThat(callers.get(0).join()).isEqualTo("first!");
        assertThatThrownBy(callers.get(1)::join).hasRootCauseInstanceOf(StackOverflowError.class);
        assertThat(callers.get(2).join()).isEqualTo("b!");
        assertThat(batcher.submit("c")).isEqualTo("c!");
    }

    @Test
    void anInterruptCostsNobodyTheAnswerAndIsNotForgotten() {
        var batcher = batcher(MANY, Duration.ZERO, items -> {
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            return all(items);
        });
        var first = submit(batcher, "first");
        awaitCalls(1);
        var interrupted = new AtomicInteger();
        var waiters = Collections.synchronizedList(new ArrayList<Thread>());
        var callers = new ArrayList<CompletableFuture<String>>();
        for (var item : List.of("a", "b")) {
            callers.add(CompletableFuture.supplyAsync(
                    () -> {
                        waiters.add(Thread.currentThread());
                        if (item.equals("a")) {
                            Thread.currentThread().interrupt(); // before it comes; the other one while it waits
                        }
                        var answer = batcher.submit(item);
                        interrupted.addAndGet(Thread.interrupted() ? 1 : 0);
                        return answer;
                    },
                    threads));
        }
        await().until(() -> batcher.waiting() == 2);
        waiters.forEach(Thread::interrupt);
        mayEnd.release(1_000);
        assertThat(callers.stream().map(CompletableFuture::join)).containsExactly("a!", "b!");
        assertThat(interrupted).hasValue(2);
        first.join();
    }
}
