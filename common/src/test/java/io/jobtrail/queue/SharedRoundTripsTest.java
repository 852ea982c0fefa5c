package io.jobtrail.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** What becomes of those who come while Redis hangs. */
class SharedRoundTripsTest {
    private final List<List<String>> made = Collections.synchronizedList(new ArrayList<>());
    private final Semaphore mayEnd = new Semaphore(0);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile boolean hangs = true;
    private final SharedRoundTrips<String, String> trips = new SharedRoundTrips<>(items -> {
        made.add(items);
        mayEnd.acquireUninterruptibly();
        if (hangs) {
            throw new JedisConnectionException("timed out");
        }
        return items;
    });

    @AfterEach
    void end() {
        mayEnd.release(100);
        threads.shutdownNow();
    }

    private CompletableFuture<String> submit(String item) {
        return CompletableFuture.supplyAsync(() -> trips.submit(item), threads).orTimeout(20, TimeUnit.SECONDS);
    }

    @Test
    void whoCameBeforeAFailureDoesNotWaitForAnother() {
        var first = submit("first");
        await().until(() -> made.size() == 1);
        var others = List.of(submit("a"), submit("b"));
        await().until(() -> trips.waiting() == 2);
        mayEnd.release();
        for (var told : List.of(first, others.get(0), others.get(1))) {
            assertThatThrownBy(told::join).hasCauseInstanceOf(JedisConnectionException.class);
        }
        assertThat(made).containsExactly(List.of("first"));

        hangs = false;
        mayEnd.release();
        assertThat(trips.submit("later")).isEqualTo("later");
    }
}
