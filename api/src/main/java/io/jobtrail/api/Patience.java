package io.jobtrail.api;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobState;
import io.jobtrail.store.WaitingJobs;
import io.jobtrail.store.WaitingJobs.Standing;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** When it is worth asking again for a job, judged by how long the newest jobs of its kind took. */
final class Patience {
    private static final long LONGEST = 60;
    private static final long FOR_A_PERSON = 30;
    private static final Duration KEPT = Duration.ofSeconds(30);

    private record Kind(String queue, String realm, String handler) {}

    private final LoadingCache<Kind, Optional<Double>> typical;

    Patience(WaitingJobs jobs) {
        typical = Caffeine.newBuilder()
                .maximumSize(1_000)
                .expireAfterWrite(KEPT)
                .executor(Runnable::run)
                .build(kind -> jobs.typicalSeconds(kind.queue, kind.realm, kind.handler));
    }

    /** @param standing null = unknown; 1 to 60 are answered */
    long seconds(JobDetails job, Standing standing, Instant now) {
        if (job.status() == JobState.AWAITING_INPUT) {
            return FOR_A_PERSON;
        }
        var took = typical.get(new Kind(job.queue(), job.realm(), job.handler()));
        double left;
        if (job.status() == JobState.RUNNING) {
            double elapsed = seconds(job.startedAt(), now);
            // One that is late has passed what the others took: the longer it lasts, the longer it is likely to last.
            left = took.filter(seconds -> seconds > elapsed)
                    .map(seconds -> seconds - elapsed)
                    .orElse(elapsed / 4);
        } else {
            double due = seconds(now, job.runAfter());
            double turns =
                    standing == null || standing.places() == 0 ? 1 : 1 + (double) standing.ahead() / standing.places();
            left = Math.max(due, 0) + took.map(seconds -> seconds * turns).orElse(Math.max(-due, 0) / 4);
        }
        return Math.min(LONGEST, Math.max(1, (long) Math.ceil(left)));
    }

    private static double seconds(Instant from, Instant to) {
        return Duration.between(from, to).toMillis() / 1e3;
    }
}
