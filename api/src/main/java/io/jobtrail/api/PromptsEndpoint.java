package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.JobDetails;
import io.jobtrail.job.QueueName;
import io.jobtrail.queue.Dispatcher;
import io.jobtrail.store.JobActions;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.Prompts;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What jobs ask people. An answer is accepted once; then the job is queued and pushed, so that it goes on at once. */
final class PromptsEndpoint {
    private final Prompts prompts;
    private final JobActions actions;
    private final JobReader reader;
    private final Dispatcher dispatcher;

    PromptsEndpoint(Prompts prompts, JobActions actions, JobReader reader, Dispatcher dispatcher) {
        this.prompts = prompts;
        this.actions = actions;
        this.reader = reader;
        this.dispatcher = dispatcher;
    }

    /** {@code GET /pipeline/hitl/{id}/prompt} */
    void prompt(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var job = JobsEndpoint.job(reader, ctx);
        var open = prompts.open(job.id())
                .orElseThrow(() -> new ApiError(ErrorCode.NOTHING_ASKED, null, nothingAsked(job)));
        var prompt = JobView.json(open.prompt());
        var answer = new LinkedHashMap<String, Object>();
        answer.put("job_id", job.id());
        answer.put("status", job.status().wireName());
        answer.put("name", open.name());
        answer.put("type", open.type());
        answer.put("questions", prompt.path("questions").isArray() ? prompt.get("questions") : List.of());
        answer.put("content", prompt.has("content") ? prompt.get("content") : prompt); // psql may ask anything
        answer.put("asked_at", open.askedAt());
        ctx.json(answer);
    }

    /** {@code POST /pipeline/hitl/{id}/response} */
    void respond(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var actor = Principal.of(ctx).actor();
        var job = JobsEndpoint.job(reader, ctx);
        var body = JsonBody.of(ctx).onlyKnown(Set.of("answer", "confidence", "name", "reason"));
        var given = body.any("answer");
        if (given == null) {
            throw ApiError.invalid("answer", "must be given");
        }
        var confidence = body.fraction("confidence");
        var name = body.text("name");
        var reason = ActionsEndpoint.reason(body.text("reason"));
        var open = prompts.open(job.id());
        if (open.isEmpty()) {
            ignore(ctx, job, nothingAsked(job));
        } else if (name != null && !name.equals(open.get().name())) {
            ignore(ctx, job, "the question that is open is " + open.get().name());
        } else {
            var answer = GivenAnswer.fitting(given, JobView.json(open.get().prompt()));
            if (actions.answerPrompt(job.id(), open.get().name(), answer, confidence, actor, reason)) {
                dispatcher.push(QueueName.of(job.queue()).orElseThrow(), job.handler(), job.id());
                ctx.json(Map.of("status", "accepted"));
            } else {
                ignore(ctx, job, "somebody else has just answered, or cancelled the job");
            }
        }
    }

    private static String nothingAsked(JobDetails job) {
        return "nothing is asked: the job is " + job.status().wireName();
    }

    private static void ignore(Context ctx, JobDetails job, String detail) {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("status", "ignored");
        answer.put("detail", detail);
        answer.put("request_id", RequestId.of(ctx));
        ctx.status(409).json(answer);
    }
}
