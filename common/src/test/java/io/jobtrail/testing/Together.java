package io.jobtrail.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** Does the same thing in several threads at the same moment. */
public final class Together {
    /** Kept from call to call: some tests do many short things. */
    private static final ExecutorService THREADS = Executors.newCachedThreadPool(task -> {
        var thread = new Thread(task, "together");
        thread.setDaemon(true);
        return thread;
    });

    private Together() {}

    /**
     * @param task gets the number of its thread, from 0
     * @return the answers, in the order of the threads
     */
    public static <T> List<T> run(int threads, IntFunction<T> task) {
        var barrier = new CyclicBarrier(threads);
        var futures = new ArrayList<Future<T>>();
        try {
            for (int i = 0; i < threads; i++) {
                int number = i;
                futures.add(THREADS.submit(() -> {
                    barrier.await(30, TimeUnit.SECONDS);
                    return task.apply(number);
                }));
            }
            var answers = new ArrayList<T>();
            for (var future : futures) {
                answers.add(future.get());
            }
            return answers;
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } finally {
            futures.forEach(future -> future.cancel(true)); // those still running when one has failed
        }
    }
}
