package io.jobtrail.api;

import io.jobtrail.store.ChangePosition;
import io.jobtrail.store.Changes;
import io.jobtrail.store.DatabaseFailure;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one reader of changes in this process, for everybody who waits for some. Looks when it is told that there may be news, and
 * from time to time all the same, as often as its followers need it; not at all while nobody follows. Knows nothing of jobs.
 */
final class ChangeFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeFeed.class);

    private static final Duration WITHOUT_HINTS = Duration.ofMillis(25);
    private static final Duration WITH_HINTS = Duration.ofMillis(200);
    private static final Duration UNHURRIED = Duration.ofMillis(400);
    private static final Duration IDLE = Duration.ofSeconds(30);
    private static final Duration AFTER_FAILURE = Duration.ofMillis(500);

    /** What was read so long ago is still what Postgres says, as far as anybody may rely on it. */
    static final Duration FRESH = Duration.ofSeconds(1);

    private static final int STATEMENTS = 100;

    /** Under load there is news all the time; what comes together is read together. */
    private static final Duration BETWEEN = Duration.ofMillis(5);

    /** More are looked at without being named. */
    private static final int NAMED = 1_000;

    /** How urgently somebody wants to hear of changes. */
    enum Need {
        NONE,
        SOON,
        AT_ONCE
    }

    /** All methods are called by the thread of the feed, which must not be held up. */
    interface Follower {
        Need need();

        /** What happened before is not told: everything may have changed. Nobody needed to hear, or it cannot be told any more. */
        void startAt(ChangePosition position);

        /** @param end after all of these, and of those before them */
        void changed(List<Changes.Change> changes, ChangePosition end);

        /** Whether news about one of these would be wanted. */
        boolean wants(Collection<UUID> jobs);

        /** Of these somebody said that something has changed, which may be no change of state. */
        default void named(Set<UUID> jobs) {}

        /** After every look, whether there was news or not; also while the database is away. */
        default void looked() {}
    }

    private final Changes changes;
    private final BooleanSupplier hints;
    private final Thread reader = new Thread(this::run, "change-feed");
    private final Object signal = new Object();
    private volatile List<Follower> followers = List.of();
    private ChangePosition position;
    private boolean told;
    private Set<UUID> named = new HashSet<>();
    private volatile boolean closed;
    private volatile long lookedAt;
    private volatile boolean looking;

    /** @param hints whether changes are told to {@link #look} at present */
    ChangeFeed(Changes changes, BooleanSupplier hints) {
        this.changes = changes;
        this.hints = hints;
        reader.setDaemon(true);
    }

    void start(List<Follower> all) {
        followers = all;
        reader.start();
    }

    /** There may be news, or somebody new who wants them. */
    void look() {
        synchronized (signal) {
            told = true;
            signal.notifyAll();
        }
    }

    /** Somebody says that these have changed; none = any may have. Does nothing if nobody wants to know. */
    void look(Collection<UUID> jobs) {
        if (!jobs.isEmpty() && followers.stream().noneMatch(follower -> follower.wants(jobs))) {
            return;
        }
        synchronized (signal) {
            if (named.size() < NAMED) {
                named.addAll(jobs);
            }
            told = true;
            signal.notifyAll();
        }
    }

    /** Whether followers have heard of everything that was committed until {@link #FRESH} ago. */
    boolean isFresh() {
        return looking && System.nanoTime() - lookedAt < FRESH.toNanos();
    }

    private Need need() {
        return followers.stream().map(Follower::need).max(Need::compareTo).orElse(Need.NONE);
    }

    private Duration pause() {
        return switch (need()) {
            case NONE -> IDLE;
            case SOON -> UNHURRIED;
            case AT_ONCE -> hints.getAsBoolean() ? WITH_HINTS : WITHOUT_HINTS;
        };
    }

    private void run() {
        try {
            while (!closed) {
                var jobs = await(pause());
                if (need() == Need.NONE) {
                    position = null;
                    looking = false;
                    continue;
                }
                try {
                    lookNow();
                    followers.forEach(follower -> follower.named(jobs));
                    followers.forEach(Follower::looked);
                    Thread.sleep(BETWEEN.toMillis());
                } catch (DatabaseFailure e) {
                    LOG.debug("changes cannot be read, tried again soon: {}", e.getMessage());
                    followers.forEach(Follower::looked);
                    await(AFTER_FAILURE);
                } catch (RuntimeException e) {
                    LOG.error("changes were not handed on; everybody who waits for some starts anew", e);
                    position = null;
                    await(AFTER_FAILURE);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("changes are read no more");
        }
    }

    private Set<UUID> await(Duration time) throws InterruptedException {
        synchronized (signal) {
            if (!told && !closed) {
                signal.wait(time.toMillis());
            }
            told = false;
            var jobs = named;
            named = new HashSet<>();
            return jobs;
        }
    }

    private void lookNow() {
        var start = System.nanoTime();
        if (position == null) {
            startAnew();
        }
        Changes.Page page;
        do {
            page = changes.since(position, null, STATEMENTS);
            if (page.lost()) {
                startAnew();
                break;
            }
            for (var follower : followers) {
                follower.changed(page.changes(), page.next());
            }
            position = page.next(); // not before: what could not be told is read again
        } while (page.more() && !closed);
        lookedAt = start;
        looking = true;
    }

    private void startAnew() {
        looking = false;
        position = changes.now();
        followers.forEach(follower -> follower.startAt(position));
    }

    @Override
    public void close() {
        closed = true;
        look();
        try {
            reader.join(Duration.ofSeconds(5).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
