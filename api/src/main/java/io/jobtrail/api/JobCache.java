package io.jobtrail.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.jobtrail.job.ChangeListener;
import io.jobtrail.job.JobDetails;
import io.jobtrail.store.ChangePosition;
import io.jobtrail.store.Changes;
import io.jobtrail.store.JobReader;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Jobs that have ended, as they were read, so that asking again costs the database nothing. Rests on the feed of changes: what it
 * hears of is forgotten, and while it does not hear everything in time, the database is asked every time. So an answer is never older
 * than {@link ChangeFeed#FRESH}, whatever other processes do, with Redis or without.
 */
final class JobCache implements ChangeFeed.Follower, ChangeListener {
    /** Also what the feed does not tell, such as a result that somebody changes by hand, is seen after this time. */
    private static final Duration KEPT = Duration.ofSeconds(60);

    /** Beside its texts. */
    private static final int BYTES_OF_A_JOB = 500;

    private final JobReader reader;
    private final ChangeFeed feed;

    /** Either a {@link JobDetails}, or the mark of somebody who is reading one. */
    private final Cache<UUID, Object> jobs;

    private final Counter hits;
    private final Counter misses;
    private final Counter passed;

    /** @param bytes of memory at most, about */
    JobCache(JobReader reader, ChangeFeed feed, long bytes, MeterRegistry meters) {
        this.reader = reader;
        this.feed = feed;
        jobs = Caffeine.newBuilder()
                .maximumWeight(bytes)
                .weigher((UUID id, Object job) -> weight(job))
                .expireAfterWrite(KEPT)
                .executor(Runnable::run)
                .build();
        hits = counter(meters, "hit");
        misses = counter(meters, "miss");
        passed = counter(meters, "passed");
        Gauge.builder("jobtrail.cache.jobs", jobs, Cache::estimatedSize)
                .description("jobs that have ended and are kept in memory")
                .register(meters);
    }

    private static Counter counter(MeterRegistry meters, String result) {
        return Counter.builder("jobtrail.cache.gets")
                .description("questions for a job; passed = the cache could not be relied on, and was not asked")
                .tag("result", result)
                .register(meters);
    }

    private static int weight(Object value) {
        return value instanceof JobDetails job
                ? BYTES_OF_A_JOB
                        + Stream.of(job.payload(), job.result(), job.error())
                                .mapToInt(text -> text == null ? 0 : 2 * text.length())
                                .sum()
                : BYTES_OF_A_JOB;
    }

    /**
     * One of another realm is looked for as one that does not exist is: what is kept would be found sooner, and so tell that it is
     * there.
     *
     * @param realm null = whichever
     */
    Optional<JobDetails> job(UUID id, String realm) {
        if (!feed.isFresh()) {
            passed.increment();
            return read(id, realm);
        }
        if (jobs.getIfPresent(id) instanceof JobDetails job) {
            if (realm == null || realm.equals(job.realm())) {
                hits.increment();
                return Optional.of(job);
            }
            misses.increment();
            return reader.job(id, realm); // and what is kept stays for those whose it is
        }
        misses.increment();
        return read(id, realm);
    }

    /** Kept only if nobody has heard of a change of the job since before it was read: the mark would be gone. */
    private Optional<JobDetails> read(UUID id, String realm) {
        var mark = new Object();
        jobs.put(id, mark);
        var job = reader.job(id, realm);
        if (job.filter(found -> found.status().isFinal()).isEmpty()
                || !jobs.asMap().replace(id, mark, job.get())) {
            jobs.asMap().remove(id, mark);
        } else if (!feed.isFresh()) {
            feed.look();
        }
        return job;
    }

    /** What this process itself has changed is not told to be old once more. */
    @Override
    public void changed(Collection<UUID> changed) {
        jobs.invalidateAll(changed);
    }

    @Override
    public ChangeFeed.Need need() {
        return jobs.estimatedSize() > 0 ? ChangeFeed.Need.SOON : ChangeFeed.Need.NONE;
    }

    @Override
    public boolean wants(Collection<UUID> ids) {
        return ids.stream().anyMatch(jobs.asMap()::containsKey);
    }

    @Override
    public void startAt(ChangePosition position) {
        jobs.invalidateAll();
    }

    @Override
    public void changed(List<Changes.Change> changes, ChangePosition end) {
        changes.forEach(change -> jobs.invalidate(change.job()));
    }

    @Override
    public void looked() {
        jobs.cleanUp(); // else what has expired would be counted, and looked after, for ever
    }
}
