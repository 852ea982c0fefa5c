package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.JobState;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.Queues;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** {@code GET /pipeline/stats}: how many jobs stand where, and the judgement of {@code /health} on them and on everything else. */
final class StatsEndpoint {
    private final JobReader reader;
    private final Queues queues;
    private final HealthChecks health;

    StatsEndpoint(JobReader reader, Queues queues, HealthChecks health) {
        this.reader = reader;
        this.queues = queues;
        this.health = health;
    }

    void stats(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of("realm"));
        var principal = Principal.of(ctx);
        var counts = reader.counts(principal.listed("realm", JobsEndpoint.filter(ctx, "realm")));
        var byQueue = new LinkedHashMap<String, Map<String, Long>>();
        var byStatus = new LinkedHashMap<String, Long>();
        for (var state : JobState.values()) {
            byStatus.put(state.wireName(), JobsVerdict.sum(counts, state));
        }
        counts.forEach((queue, states) -> {
            var named = new LinkedHashMap<String, Long>();
            states.forEach((state, count) -> named.put(state.wireName(), count));
            byQueue.put(queue.wireName(), named);
        });
        long failed = byStatus.get(JobState.FAILED.wireName());

        var stats = new LinkedHashMap<String, Object>();
        stats.put("by_status", byStatus);
        stats.put("by_queue", byQueue);
        stats.put("total", byStatus.values().stream().mapToLong(Long::longValue).sum());
        var summary = new LinkedHashMap<String, Object>();
        summary.put("running", byStatus.get(JobState.RUNNING.wireName()));
        summary.put("pending", byStatus.get(JobState.QUEUED.wireName()) + byStatus.get(JobState.RETRYING.wireName()));
        summary.put("failed", failed);
        summary.put("has_dead_letter", failed > 0);
        var standing = health.standing(JobsVerdict.of(counts, queues.settings()), principal.realm() == null);
        var answer = new LinkedHashMap<String, Object>();
        answer.put("stats", stats);
        answer.put("health", standing.status());
        answer.put("reasons", standing.reasons());
        answer.put("summary", summary);
        ctx.json(answer);
    }
}
