package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.JobAction;
import io.jobtrail.job.JobState;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.queue.JobQueue;
import io.jobtrail.store.JobActions;
import io.jobtrail.store.JobReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What people do to jobs: cancel them, queue them again, delete them; one or many. All that one request asks for is one commit.
 * What is queued then is pushed at once; a push that fails is made up for.
 */
final class ActionsEndpoint {
    private static final int MAX_REASON_CHARS = 500;

    private final JobActions actions;
    private final JobReader reader;
    private final Dispatcher dispatcher;

    ActionsEndpoint(JobActions actions, JobReader reader, Dispatcher dispatcher) {
        this.actions = actions;
        this.reader = reader;
        this.dispatcher = dispatcher;
    }

    /** {@code POST /pipeline/jobs/{id}} */
    void act(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var actor = Principal.of(ctx).actor();
        var id = JobsEndpoint.id("id", ctx.pathParam("id"));
        LogContext.job(id);
        var body = JsonBody.of(ctx).onlyKnown(Set.of("action", "reason"));
        var action = action(body, EnumSet.of(JobAction.CANCEL, JobAction.RETRY));
        answer(ctx, action, id, actor, reason(body.text("reason")));
    }

    /** {@code DELETE /pipeline/jobs/{id}} */
    void delete(Context ctx) {
        var actor = Principal.of(ctx).actor();
        var id = JobsEndpoint.id("id", ctx.pathParam("id"));
        LogContext.job(id);
        JobsEndpoint.onlyKnown(ctx, Set.of("reason"));
        if (hasBody(ctx)) {
            throw ApiError.invalid("reason", "is a parameter of the path here; a body is not read");
        }
        answer(ctx, JobAction.DELETE, id, actor, reason(JobsEndpoint.text(ctx, "reason")));
    }

    private static boolean hasBody(Context ctx) {
        try {
            return ctx.bodyInputStream().read() >= 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void answer(Context ctx, JobAction action, UUID id, String actor, String reason) {
        var acted =
                perform(ctx, action, List.of(id), action.from(), actor, reason).get(id);
        if (acted == null) {
            throw ApiError.noSuchJob(id);
        }
        if (!acted.done()) {
            throw ApiError.wrongState(action, action.from(), acted.status());
        }
        var answer = new LinkedHashMap<String, Object>();
        answer.put("success", true);
        answer.put("message", message(action, acted.status()));
        answer.put("status", acted.status().wireName());
        ctx.json(answer);
    }

    /** {@code POST /pipeline/jobs/bulk} */
    void bulk(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var actor = Principal.of(ctx).actor();
        var asked = BulkRequest.of(JsonBody.of(ctx), Principal.of(ctx));
        var ids = asked.ids();
        UUID next = null;
        if (ids == null) {
            var page = reader.page(asked.filter());
            ids = page.jobs().stream().map(job -> job.id()).toList();
            next = page.next();
        }
        // What has moved on since the page was read is not what was asked for.
        var from =
                asked.filter() == null ? asked.action().from() : asked.filter().states();
        var acted = perform(ctx, asked.action(), ids, from, actor, asked.reason());
        var results = ids.stream()
                .map(id -> result(asked.action(), from, id, acted.get(id)))
                .toList();
        var succeeded = results.stream()
                .filter(result -> result.get("success").equals(true))
                .count();
        var answer = new LinkedHashMap<String, Object>();
        answer.put("action", asked.action().wireName());
        answer.put("results", results);
        answer.put("succeeded", succeeded);
        answer.put("failed", results.size() - succeeded);
        answer.put("next", next == null ? null : Cursor.of(next));
        answer.put("remaining", asked.filter() == null ? 0 : reader.count(asked.filter()));
        ctx.json(answer);
    }

    private static Map<String, Object> result(JobAction action, Set<JobState> from, UUID id, JobActions.Acted acted) {
        var result = new LinkedHashMap<String, Object>();
        result.put("id", id);
        result.put("success", acted != null && acted.done());
        result.put("status", acted == null ? null : acted.status().wireName());
        if (acted == null || !acted.done()) {
            var error = acted == null ? ApiError.noSuchJob(id) : ApiError.wrongState(action, from, acted.status());
            result.put("code", error.code.name());
            result.put("detail", error.getMessage());
        }
        return result;
    }

    private Map<UUID, JobActions.Acted> perform(
            Context ctx, JobAction action, Collection<UUID> ids, Set<JobState> from, String actor, String reason) {
        var acted = actions.act(action, seen(ctx, ids), from, actor, reason);
        if (action == JobAction.RETRY) {
            acted.entrySet().stream()
                    .filter(entry -> entry.getValue().done())
                    .collect(Collectors.groupingBy(
                            entry -> entry.getValue().queue(),
                            Collectors.mapping(
                                    entry -> new JobQueue.Entry(entry.getValue().handler(), entry.getKey()),
                                    Collectors.toList())))
                    .forEach(dispatcher::push);
        }
        return acted;
    }

    /** Jobs of another realm are left out, and so answered as if they did not exist. */
    private Collection<UUID> seen(Context ctx, Collection<UUID> ids) {
        if (Principal.of(ctx).realm() == null) {
            return ids;
        }
        var realms = reader.realms(ids);
        return ids.stream()
                .filter(id -> realms.containsKey(id) && Access.sees(ctx, realms.get(id)))
                .toList();
    }

    private static String message(JobAction action, JobState status) {
        var stops = status == JobState.RUNNING ? "it runs, and its worker was asked to stop" : null;
        return switch (action) {
            case CANCEL -> stops == null ? "the job is cancelled" : stops;
            case RETRY -> "the job is queued again";
            case DELETE -> "the job is deleted, and its trail kept" + (stops == null ? "" : "; " + stops);
        };
    }

    static JobAction action(JsonBody body, Set<JobAction> allowed) {
        var name = body.text("action");
        return JobAction.of(name)
                .filter(allowed::contains)
                .orElseThrow(() -> ApiError.notOneOf(
                        ErrorCode.INVALID_FIELD,
                        "action",
                        name,
                        allowed.stream().map(JobAction::wireName).toList()));
    }

    /** What a person says about an action, for the trail. Null stays null. */
    static String reason(String given) {
        if (given != null && (given.isBlank() || given.length() > MAX_REASON_CHARS)) {
            throw ApiError.invalid("reason", "must be 1 to " + MAX_REASON_CHARS + " characters, or not be given");
        }
        return given;
    }
}
