package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobState;
import io.jobtrail.store.WaitingJobs;
import io.jobtrail.store.WaitingJobs.Mark;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/** Where a job stands and what came of it, now or once it has changed. */
final class StatusEndpoint {
    private static final int LONGEST_WAIT = 60;

    private final JobCache cache;
    private final WaitingJobs waiting;
    private final StatusWaits waits;
    private final Departures departures;
    private final Patience patience;
    private final Executor answering;

    /** @param answering the threads that also take requests: writing an answer may take as long as the caller takes to read it */
    StatusEndpoint(
            JobCache cache,
            WaitingJobs waiting,
            StatusWaits waits,
            Departures departures,
            Patience patience,
            Executor answering) {
        this.cache = cache;
        this.waiting = waiting;
        this.waits = waits;
        this.departures = departures;
        this.patience = patience;
        this.answering = answering;
    }

    /** {@code GET /pipeline/status/{id}} */
    void status(Context ctx) {
        var id = JobsEndpoint.id("id", ctx.pathParam("id"));
        LogContext.job(id);
        JobsEndpoint.onlyKnown(ctx, Set.of("wait"));
        var wait = wait(ctx.queryParam("wait"));
        if (wait.isZero()) {
            answer(ctx, id);
            return;
        }
        var place = waits.take(id).orElse(null);
        if (place == null) {
            answer(ctx, id); // the Retry-After says when to ask again
            return;
        }
        Shown shown;
        try {
            shown = show(ctx, id);
        } catch (RuntimeException e) {
            place.leave();
            throw e;
        }
        var enough = enough(ctx, shown);
        if (enough.test(Mark.of(shown.job))) {
            place.leave();
            answer(ctx, shown);
            return;
        }
        var connection = Departures.connection(ctx.req());
        var left = new AtomicBoolean();
        ctx.future(() -> {
            waits.answerLater(ctx.req().getAsyncContext());
            departures.watch(connection, () -> {
                left.set(true);
                place.leave();
            });
            return place.until(enough, wait)
                    .thenRunAsync(
                            () -> {
                                departures.forget(connection);
                                if (!left.get()) {
                                    answer(ctx, id);
                                }
                            },
                            answering);
        });
    }

    /** Whoever says what it knows waits for anything else, whoever does not for the next time that somebody has to act. */
    private static Predicate<Mark> enough(Context ctx, Shown shown) {
        if (ctx.header("If-None-Match") == null) {
            return mark -> mark.status().isFinal() || mark.status() == JobState.AWAITING_INPUT;
        }
        var known = Mark.of(shown.job);
        boolean isKnown = isKnown(ctx, shown);
        return mark -> !isKnown || mark.status().isFinal() || !mark.equals(known);
    }

    /** A job with what can be said about its waiting. */
    private record Shown(JobDetails job, Why why, String etag) {}

    private Shown show(Context ctx, UUID id) {
        var job = job(ctx, id);
        var standing = job.status() == JobState.QUEUED
                        || job.status() == JobState.RETRYING
                        || job.status() == JobState.AWAITING_INPUT
                ? waiting.standing(job).orElse(null)
                : null;
        var why = Why.of(job, standing, Instant.now());
        return new Shown(job, why, Etag.of(job, why));
    }

    private void answer(Context ctx, UUID id) {
        answer(ctx, show(ctx, id));
    }

    private void answer(Context ctx, Shown shown) {
        var job = shown.job;
        ctx.header("ETag", shown.etag);
        // Kept by the caller, but never used again without asking here whether it still holds.
        ctx.header("Cache-Control", "private, no-cache");
        if (!job.status().isFinal()) {
            ctx.header("Retry-After", Long.toString(patience.seconds(job, shown.why.standing(), Instant.now())));
        }
        if (isKnown(ctx, shown)) {
            ctx.status(304);
            return;
        }
        ctx.json(JobView.of(job, shown.why.words()));
    }

    private static boolean isKnown(Context ctx, Shown shown) {
        return Etag.matches(ctx.header("If-None-Match"), shown.etag);
    }

    private static Duration wait(String value) {
        if (value == null) {
            return Duration.ZERO;
        }
        if (!value.matches("[1-9][0-9]?") || Integer.parseInt(value) > LONGEST_WAIT) {
            throw ApiError.invalid("wait", "must be a whole number of seconds from 1 to " + LONGEST_WAIT);
        }
        return Duration.ofSeconds(Integer.parseInt(value));
    }

    /** {@code GET /pipeline/jobs/{id}/result} */
    void result(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var id = JobsEndpoint.id("id", ctx.pathParam("id"));
        LogContext.job(id);
        var job = job(ctx, id);
        if (!job.status().isFinal()) {
            throw new ApiError(
                    ErrorCode.NOT_FINAL, null, "the job is " + job.status().wireName());
        }
        var answer = new LinkedHashMap<String, Object>();
        answer.put("job_id", job.id());
        answer.put("status", job.status().wireName());
        answer.put("result", JobView.json(job.result()));
        answer.put("error", job.error());
        answer.put("error_code", job.errorCode());
        answer.put(
                "processing_time_ms",
                job.startedAt() == null
                        ? null
                        : Duration.between(job.startedAt(), job.finishedAt()).toMillis());
        ctx.json(answer);
    }

    private JobDetails job(Context ctx, UUID id) {
        return cache.job(id).filter(job -> Access.sees(ctx, job.realm())).orElseThrow(() -> ApiError.noSuchJob(id));
    }
}
