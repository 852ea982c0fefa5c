package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.JobState;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.Queues;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** {@code GET /pipeline/stats}: how many jobs stand where, and what that says about the pipeline. */
final class StatsEndpoint {
    private static final long FAILED_CRITICAL = 10;
    private static final long RETRYING_CRITICAL = 20;
    private static final long RETRYING_DEGRADED = 5;

    private final JobReader reader;
    private final Queues queues;

    StatsEndpoint(JobReader reader, Queues queues) {
        this.reader = reader;
        this.queues = queues;
    }

    void stats(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of("realm"));
        var counts = reader.counts(Principal.of(ctx).listed("realm", ctx.queryParam("realm")));
        var byQueue = new LinkedHashMap<String, Map<String, Long>>();
        var byStatus = new LinkedHashMap<String, Long>();
        for (var state : JobState.values()) {
            byStatus.put(state.wireName(), 0L);
        }
        counts.forEach((queue, states) -> {
            var named = new LinkedHashMap<String, Long>();
            states.forEach((state, count) -> {
                named.put(state.wireName(), count);
                byStatus.merge(state.wireName(), count, Long::sum);
            });
            byQueue.put(queue.wireName(), named);
        });
        long failed = byStatus.get(JobState.FAILED.wireName());
        long retrying = byStatus.get(JobState.RETRYING.wireName());

        var reasons = new ArrayList<String>();
        if (failed > 0) {
            reasons.add(failed + " jobs have failed for good");
        }
        if (retrying > RETRYING_DEGRADED) {
            reasons.add(retrying + " jobs wait for another attempt");
        }
        queues.settings().stream().filter(Queues.Setting::paused).forEach(queue -> {
            var states = counts.get(queue.name());
            long waiting = states.getOrDefault(JobState.QUEUED, 0L) + states.getOrDefault(JobState.RETRYING, 0L);
            reasons.add("queue paused: %s, by %s, with %d jobs waiting"
                    .formatted(queue.name().wireName(), queue.changedBy(), waiting));
        });
        var health = failed > FAILED_CRITICAL || retrying > RETRYING_CRITICAL
                ? "critical"
                : reasons.isEmpty() ? "healthy" : "degraded";

        var stats = new LinkedHashMap<String, Object>();
        stats.put("by_status", byStatus);
        stats.put("by_queue", byQueue);
        stats.put("total", byStatus.values().stream().mapToLong(Long::longValue).sum());
        var summary = new LinkedHashMap<String, Object>();
        summary.put("running", byStatus.get(JobState.RUNNING.wireName()));
        summary.put("pending", byStatus.get(JobState.QUEUED.wireName()) + retrying);
        summary.put("failed", failed);
        summary.put("has_dead_letter", failed > 0);
        var answer = new LinkedHashMap<String, Object>();
        answer.put("stats", stats);
        answer.put("health", health);
        answer.put("reasons", reasons);
        answer.put("summary", summary);
        ctx.json(answer);
    }
}
