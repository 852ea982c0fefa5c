package io.jobtrail.api;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Asks something that may hang, so that no caller hangs with it: one question is under way at a time, its answer serves all who
 * want one while it is fresh, and none of them waits long. Knows nothing about what is asked.
 */
final class Probe<T> {
    private static final long PATIENCE_NANOS = Duration.ofSeconds(2).toNanos();

    private final Supplier<T> question;
    private final Supplier<T> noAnswer;
    private final Duration fresh;
    private final Executor threads;
    private CompletableFuture<T> answer;
    private long askedAt;

    /**
     * @param question must not throw
     * @param noAnswer what is said while there is no answer
     * @param fresh for so long after the question, its answer serves all
     */
    Probe(Supplier<T> question, Supplier<T> noAnswer, Duration fresh, Executor threads) {
        this.question = question;
        this.noAnswer = noAnswer;
        this.fresh = fresh;
        this.threads = threads;
    }

    /** Within about two seconds of the question having been asked, whoever asked it. */
    T ask() {
        return begin().get();
    }

    /** Asks without waiting, so that several questions wait together; the answer comes as from {@link #ask}. */
    Supplier<T> begin() {
        synchronized (this) {
            var age = System.nanoTime() - askedAt;
            if (answer == null || answer.isDone() && age > fresh.toNanos()) {
                answer = CompletableFuture.supplyAsync(question, threads);
                askedAt = System.nanoTime();
            }
            var mine = answer;
            long until = askedAt + PATIENCE_NANOS;
            return () -> await(mine, until);
        }
    }

    private T await(CompletableFuture<T> mine, long until) {
        try {
            return mine.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return noAnswer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return noAnswer.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the question failed", e.getCause());
        }
    }
}
