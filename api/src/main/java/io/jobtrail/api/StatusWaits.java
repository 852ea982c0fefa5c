package io.jobtrail.api;

import io.jobtrail.store.ChangePosition;
import io.jobtrail.store.Changes;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.WaitingJobs;
import io.jobtrail.store.WaitingJobs.Mark;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Those who wait until something becomes true of a job. Holds no thread for anybody; all are looked after with one statement when
 * their jobs change, and once a second, since stage and progress change without anybody being told.
 */
final class StatusWaits implements ChangeFeed.Follower {
    private static final Logger LOG = LoggerFactory.getLogger(StatusWaits.class);
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(3);
    private static final long ROUND_NANOS = Duration.ofSeconds(1).toNanos();

    private final WaitingJobs jobs;
    private final ChangeFeed feed;
    private final int most;
    private final AtomicInteger waiting = new AtomicInteger();
    private final Map<UUID, Set<Place>> places = new ConcurrentHashMap<>();
    private final Phaser unanswered = new Phaser(1);
    private long lastRound = System.nanoTime();
    private volatile boolean closed;

    /** @param most how many may wait at once */
    StatusWaits(WaitingJobs jobs, ChangeFeed feed, int most, MeterRegistry meters) {
        this.jobs = jobs;
        this.feed = feed;
        this.most = most;
        Gauge.builder("jobtrail.status.waiting", waiting, AtomicInteger::get)
                .description("callers that wait for a job to change")
                .register(meters);
    }

    /** One caller that waits. */
    final class Place {
        private final UUID job;
        private final Permission permission;
        private final CompletableFuture<Void> ended = new CompletableFuture<>();
        private volatile Predicate<Mark> enough;

        private Place(UUID job, Permission permission) {
            this.job = job;
            this.permission = permission;
        }

        /**
         * Waits from now on. What changed since the place was taken counts too.
         *
         * @param enough what ends the wait; so does the end of the job
         * @return done when the wait is over, for whatever reason
         */
        CompletableFuture<Void> until(Predicate<Mark> enough, Duration longest) {
            this.enough = enough;
            ended.completeOnTimeout(null, longest.toMillis(), TimeUnit.MILLISECONDS);
            feed.look();
            return ended;
        }

        /** Ends the wait and gives the place free; to be called by whoever took it, however often. */
        void leave() {
            ended.complete(null);
        }

        private void look(Mark mark) {
            var wanted = enough;
            if (wanted != null && (mark == null || wanted.test(mark))) {
                ended.complete(null);
            }
        }
    }

    /**
     * Empty when too many wait already. To be taken before the job is read, so that no change comes in between.
     *
     * @param permission whose end ends the wait
     */
    Optional<Place> take(UUID job, Permission permission) {
        if (waiting.incrementAndGet() > most || closed) {
            waiting.decrementAndGet();
            return Optional.empty();
        }
        var place = new Place(job, permission);
        places.compute(job, (id, others) -> {
            var all = others == null ? ConcurrentHashMap.<Place>newKeySet() : others;
            all.add(place);
            return all;
        });
        place.ended.whenComplete((nothing, failure) -> remove(place));
        return Optional.of(place);
    }

    private void remove(Place place) {
        waiting.decrementAndGet();
        places.computeIfPresent(place.job, (id, others) -> {
            others.remove(place);
            return others.isEmpty() ? null : others;
        });
    }

    private void look(Set<UUID> ids) {
        if (ids.isEmpty()) {
            return;
        }
        try {
            var marks = jobs.marks(ids);
            ids.forEach(id -> places.getOrDefault(id, Set.of()).forEach(place -> place.look(marks.get(id))));
        } catch (DatabaseFailure e) {
            LOG.debug("{} jobs that are waited for cannot be looked at now: {}", ids.size(), e.getMessage());
        }
    }

    @Override
    public ChangeFeed.Need need() {
        return places.isEmpty() ? ChangeFeed.Need.NONE : ChangeFeed.Need.AT_ONCE;
    }

    @Override
    public boolean wants(Collection<UUID> ids) {
        return ids.stream().anyMatch(places::containsKey);
    }

    @Override
    public void named(Set<UUID> ids) {
        look(ids.stream().filter(places::containsKey).collect(Collectors.toSet()));
    }

    @Override
    public void startAt(ChangePosition position) {
        look(Set.copyOf(places.keySet()));
    }

    @Override
    public void changed(List<Changes.Change> changes, ChangePosition end) {
        look(changes.stream()
                .map(Changes.Change::job)
                .filter(places::containsKey)
                .collect(Collectors.toSet()));
    }

    @Override
    public void looked() {
        if (System.nanoTime() - lastRound > ROUND_NANOS) {
            endThoseWhoMayNotStay();
            look(Set.copyOf(places.keySet()));
            lastRound = System.nanoTime();
        }
    }

    /** What they are told then is not decided here. For the database, which may be away, nobody waits more than once. */
    private void endThoseWhoMayNotStay() {
        try {
            for (var all : places.values()) {
                for (var place : all) {
                    if (place.permission.hasEnded()) {
                        place.leave();
                    }
                }
            }
        } catch (DatabaseFailure e) {
            LOG.debug("keys are not asked for now: {}", e.getMessage());
        }
    }

    /** Somebody whom {@link #close} waits for until the whole answer is written. */
    void answerLater(AsyncContext exchange) {
        unanswered.register();
        exchange.addListener(new AsyncListener() {
            @Override
            public void onComplete(AsyncEvent event) {
                unanswered.arriveAndDeregister();
            }

            @Override
            public void onTimeout(AsyncEvent event) {}

            @Override
            public void onError(AsyncEvent event) {}

            @Override
            public void onStartAsync(AsyncEvent event) {}
        });
    }

    /** Everybody is answered now, and nobody waits any more. */
    void close() {
        closed = true;
        places.values().forEach(all -> all.forEach(Place::leave));
        try {
            unanswered.awaitAdvanceInterruptibly(unanswered.arrive(), LONGEST_ANSWER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.info("not all who waited have taken their answers");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
