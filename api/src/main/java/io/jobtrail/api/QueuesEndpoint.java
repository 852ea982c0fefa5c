package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.queue.Redis;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.Queues;
import io.jobtrail.store.WorkerRegistry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The queues and who works on them: how they stand, and whether jobs of them are begun with. */
final class QueuesEndpoint {
    /** Those that stopped are kept on the board for days. */
    private static final int MAX_WORKERS = 500;

    private final Queues queues;
    private final JobReader reader;
    private final WorkerRegistry registry;
    private final JobQueue lists;

    /** @param lists null = runs without Redis */
    QueuesEndpoint(Queues queues, JobReader reader, WorkerRegistry registry, JobQueue lists) {
        this.queues = queues;
        this.reader = reader;
        this.registry = registry;
        this.lists = lists;
    }

    /** {@code GET /pipeline/queues} */
    void queues(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var counts = reader.counts();
        var waits = reader.oldestWaits();
        var notDue = queues.notDue();
        var services = queues.services();
        var lengths = lengths();
        ctx.json(Map.of(
                "queues",
                queues.settings().stream()
                        .map(queue -> {
                            var name = queue.name();
                            var service = services.getOrDefault(name, Queues.Service.NONE);
                            var view = described(queue);
                            view.put("depth", depth(counts.get(name)));
                            view.put("not_due", notDue.get(name));
                            view.put("redis_length", lengths.get(name));
                            view.put("oldest_wait_seconds", waits.get(name));
                            view.put("finished_last_minute", service.finishedLastMinute());
                            view.put("workers", service.workers());
                            view.put("timeout_sec", queue.timeoutSec());
                            return view;
                        })
                        .toList()));
    }

    private static Map<String, Object> described(Queues.Setting queue) {
        var view = new LinkedHashMap<String, Object>();
        view.put("queue", queue.name().wireName());
        view.put("paused", queue.paused());
        view.put("changed_at", queue.changedAt());
        view.put("changed_by", queue.changedBy());
        view.put("reason", queue.reason());
        return view;
    }

    private static Map<String, Long> depth(Map<JobState, Long> counts) {
        var depth = new LinkedHashMap<String, Long>();
        for (var state : JobState.values()) {
            depth.put(state.wireName(), counts.getOrDefault(state, 0L));
        }
        return depth;
    }

    /** None while Redis is not used or cannot be: a hint that is missing is no fault. */
    private Map<QueueName, Long> lengths() {
        try {
            return lists == null ? Map.of() : lists.lengths();
        } catch (RuntimeException e) {
            if (Redis.isToBlame(e)) {
                return Map.of();
            }
            throw e;
        }
    }

    /** {@code POST /pipeline/queues/{queue}}: what stands there already is no error, so that it can be sent again. */
    void act(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var actor = Principal.of(ctx).actor();
        var queue = Submission.queue("queue", ctx.pathParam("queue"));
        var body = JsonBody.of(ctx).onlyKnown(Set.of("action", "reason"));
        var action = body.text("action");
        if (!"pause".equals(action) && !"resume".equals(action)) {
            throw ApiError.notOneOf(ErrorCode.INVALID_FIELD, "action", action, List.of("pause", "resume"));
        }
        var reason = ActionsEndpoint.reason(body.text("reason"));
        boolean pause = action.equals("pause");
        boolean changed = pause ? queues.pause(queue, actor, reason) : queues.resume(queue, actor, reason);

        var answer = new LinkedHashMap<String, Object>();
        answer.put("success", true);
        answer.put("changed", changed);
        answer.put(
                "message",
                !changed
                        ? pause ? "the queue was paused already" : "the queue was not paused"
                        : pause
                                ? "no job of the queue is begun with until it is resumed; those that run go on"
                                : "workers begin with the jobs of the queue within seconds");
        queues.settings().stream()
                .filter(setting -> setting.name() == queue)
                .forEach(setting -> answer.putAll(described(setting)));
        ctx.json(answer);
    }

    /** {@code GET /pipeline/workers} */
    void workers(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var known = registry.known(MAX_WORKERS);
        var answer = new LinkedHashMap<String, Object>();
        answer.put("workers", known.stream().map(QueuesEndpoint::view).toList());
        answer.put("alive", known.stream().filter(WorkerRegistry.Known::alive).count());
        ctx.json(answer);
    }

    private static Map<String, Object> view(WorkerRegistry.Known worker) {
        var view = new LinkedHashMap<String, Object>();
        view.put("id", worker.id());
        view.put("host", worker.host());
        view.put("pid", worker.pid());
        view.put("queues", worker.queues());
        view.put("handlers", worker.handlers());
        view.put("concurrency", worker.concurrency());
        view.put("running", worker.running());
        view.put("version", worker.version());
        view.put("started_at", worker.startedAt());
        view.put("last_beat_at", worker.lastBeatAt());
        view.put("alive", worker.alive());
        view.put("lost", worker.lost());
        view.put("stopped_at", worker.stoppedAt());
        view.put("metrics", JobView.json(worker.metrics()));
        return view;
    }
}
