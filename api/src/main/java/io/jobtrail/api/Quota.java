package io.jobtrail.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How often somebody does something, counted in windows of fixed length that begin with the first time. In this process only.
 * Bounded: where very many are counted, those of whom least is heard are forgotten.
 */
final class Quota {
    private static final int MOST_COUNTED = 100_000;

    final int limit;
    final Duration window;
    private final Ticker clock;
    private final Cache<Object, Window> windows;

    Quota(int limit, Duration window, Ticker clock) {
        this.limit = limit;
        this.window = window;
        this.clock = clock;
        windows = Caffeine.newBuilder()
                .ticker(clock)
                .maximumSize(MOST_COUNTED)
                .expireAfterWrite(window)
                .build();
    }

    private record Window(AtomicInteger used, long endsAt) {}

    /**
     * @param used in this window
     * @param seconds until the window ends, at least 1
     */
    record Use(int used, int limit, long seconds) {
        boolean isOver() {
            return used > limit;
        }

        int remaining() {
            return Math.max(0, limit - used);
        }
    }

    Use count(Object who) {
        var current = windows.get(who, any -> new Window(new AtomicInteger(), clock.read() + window.toNanos()));
        return use(current, current.used.updateAndGet(used -> used == Integer.MAX_VALUE ? used : used + 1));
    }

    /** Whether the next one would be too many; counts nothing. */
    boolean isUsedUp(Object who) {
        var current = windows.getIfPresent(who);
        return current != null && current.used.get() >= limit;
    }

    /** Of a window that is there; 1 when there is none any more. */
    long secondsLeft(Object who) {
        var current = windows.getIfPresent(who);
        return current == null ? 1 : use(current, 0).seconds();
    }

    private Use use(Window current, int used) {
        var seconds = TimeUnit.NANOSECONDS.toSeconds(current.endsAt - clock.read() + 999_999_999);
        return new Use(used, limit, Math.max(1, seconds));
    }
}
