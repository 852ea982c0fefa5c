package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProbeTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch mayAnswer = new CountDownLatch(1);

    private String answer() {
        asked.incrementAndGet();
        try {
            mayAnswer.await();
        } catch (InterruptedException e) {
            return "interrupted";
        }
        return "answer " + asked.get();
    }

    @Test
    void aQuestionThatHangsIsAskedOnceAndKeepsNobodyWaiting() {
        var threads = Executors.newCachedThreadPool();
        var callers = Executors.newCachedThreadPool();
        var probe = new Probe<>(this::answer, () -> "none", SECOND, threads);
        try {
            var begin = System.nanoTime();
            var all = Stream.generate(() -> CompletableFuture.supplyAsync(probe::ask, callers))
                    .limit(20)
                    .toList();
            assertThat(all).allSatisfy(one -> assertThat(one.join()).isEqualTo("none"));
            assertThat(probe.ask())
                    .as("and those who come later do not wait at all")
                    .isEqualTo("none");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
            assertThat(asked).hasValue(1);

            mayAnswer.countDown();
            await().until(() -> !probe.ask().equals("none"));
        } finally {
            mayAnswer.countDown();
            threads.shutdown();
            callers.shutdown();
        }
    }

    @Test
    void anAnswerServesForASecondAndNoLonger() {
        var probe = new Probe<>(this::answer, () -> "none", SECOND, Runnable::run);
        mayAnswer.countDown();
        assertThat(Stream.generate(probe::ask).limit(3)).containsOnly("answer 1");
        await().atMost(Duration.ofSeconds(3)).until(() -> probe.ask().equals("answer 2"));
    }
}
