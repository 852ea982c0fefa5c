package io.jobtrail.api;

import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.Queues;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the numbers of jobs and the switches of the queues say about the pipeline: the one place that judges them, for
 * {@code /health} and {@code /pipeline/stats} alike. Asks nobody.
 *
 * @param critical more than a few jobs need somebody
 * @param reasons none when nothing is wrong
 */
record JobsVerdict(boolean critical, List<Reason> reasons) {
    static final JobsVerdict UNKNOWN =
            new JobsVerdict(false, List.of(new Reason("the jobs cannot be counted at the moment")));

    private static final long FAILED_CRITICAL = 10;
    private static final long RETRYING_CRITICAL = 20;
    private static final long RETRYING_DEGRADED = 5;

    static JobsVerdict of(Map<QueueName, Map<JobState, Long>> counts, List<Queues.Setting> queues) {
        long failed = sum(counts, JobState.FAILED);
        long retrying = sum(counts, JobState.RETRYING);
        var reasons = new ArrayList<Reason>();
        if (failed > 0) {
            reasons.add(new Reason(
                    failed == 1 ? "1 job has failed for good" : failed + " jobs have failed for good",
                    "jobs have failed for good"));
        }
        if (retrying > RETRYING_DEGRADED) {
            reasons.add(new Reason(retrying + " jobs wait for another attempt", "jobs wait for another attempt"));
        }
        queues.stream().filter(Queues.Setting::paused).forEach(queue -> {
            var states = counts.getOrDefault(queue.name(), Map.of());
            long waiting = states.getOrDefault(JobState.QUEUED, 0L) + states.getOrDefault(JobState.RETRYING, 0L);
            var paused = "queue paused: " + queue.name().wireName();
            reasons.add(new Reason(
                    paused + ", with %d %s waiting".formatted(waiting, waiting == 1 ? "job" : "jobs"), paused));
        });
        return new JobsVerdict(failed > FAILED_CRITICAL || retrying > RETRYING_CRITICAL, List.copyOf(reasons));
    }

    static long sum(Map<QueueName, Map<JobState, Long>> counts, JobState state) {
        return counts.values().stream()
                .mapToLong(states -> states.getOrDefault(state, 0L))
                .sum();
    }
}
