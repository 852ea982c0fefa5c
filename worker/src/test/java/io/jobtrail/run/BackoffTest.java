package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final Duration BASE = Duration.ofSeconds(5);
    private static final Duration CAP = Duration.ofMinutes(30);

    @Test
    void theBoundDoublesUpToTheCap() {
        var longest = new Backoff(BASE, CAP, () -> 1);
        assertThat(IntStream.rangeClosed(1, 4).mapToObj(longest::after))
                .containsExactly(
                        Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofSeconds(40));
        assertThat(longest.after(9)).isEqualTo(Duration.ofSeconds(1280));
        assertThat(longest.after(10)).isEqualTo(CAP);
    }

    @Test
    void theThousandthAttemptDoesNotOverflow() {
        assertThat(new Backoff(BASE, CAP, () -> 1).after(1000)).isEqualTo(CAP);
        assertThat(new Backoff(Duration.ofDays(365), Duration.ofDays(3650), () -> 1).after(Integer.MAX_VALUE))
                .isEqualTo(Duration.ofDays(3650));
    }

    @Test
    void pausesAreSpreadOverTheWholeRange() {
        assertThat(new Backoff(BASE, CAP, () -> 0).after(7)).isEqualTo(Duration.ZERO);
        assertThat(new Backoff(BASE, CAP, () -> 0.5).after(1)).isEqualTo(Duration.ofMillis(2500));

        var random = new Random(1);
        var jittered = new Backoff(BASE, CAP, random::nextDouble);
        var pauses = IntStream.range(0, 100).mapToObj(i -> jittered.after(3)).collect(Collectors.toSet());
        assertThat(pauses).hasSizeGreaterThan(90).allMatch(p -> p.compareTo(Duration.ofSeconds(20)) <= 0);
    }
}
