package io.jobtrail.run;

import io.jobtrail.trace.JobLogContext;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The attempts that were given up because their handlers ignore the interrupt, and go on all the same. Stops none of them. */
final class WrittenOff {
    private static final Logger LOG = LoggerFactory.getLogger(WrittenOff.class);

    private final Duration hearing;
    private final Set<LiveContext> attempts = ConcurrentHashMap.newKeySet();
    private volatile Consumer<LiveContext> reaction = attempt -> {};

    /** @param hearing a handler that goes on for so long after it was stopped does not hear */
    WrittenOff(Duration hearing) {
        this.hearing = hearing;
    }

    void onEach(Consumer<LiveContext> called) {
        reaction = called;
    }

    int count() {
        return attempts.size();
    }

    boolean isDue(LiveContext attempt) {
        return attempt.isDeafFor(hearing);
    }

    /** @param stillRuns takes it from those that are kept alive; false when it has just ended after all */
    void add(LiveContext attempt, Predicate<LiveContext> stillRuns) {
        try (var log = JobLogContext.of(attempt.claim())) {
            LOG.error(
                    "job {} attempt {} still runs on thread {}, {} s after it was stopped as {}: its handler ignores the interrupt. "
                            + "The thread is written off and another one takes its place; the job is released once its lease is over",
                    attempt.claim().id(),
                    attempt.claim().job().attempt(),
                    attempt.thread().getName(),
                    hearing.toSeconds(),
                    attempt.stopReason().orElseThrow());
        }
        attempts.add(attempt);
        if (stillRuns.test(attempt)) {
            reaction.accept(attempt);
        } else {
            attempts.remove(attempt);
        }
    }

    void ended(LiveContext attempt) {
        attempts.remove(attempt);
    }
}
