package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobState;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.WaitingJobs;
import io.jobtrail.store.WaitingJobs.Mark;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/** Where a job stands and what came of it, now or once it has changed. */
final class StatusEndpoint {
    private static final int LONGEST_WAIT = 60;

    /** How much longer than asked for it may take to answer, whatever hangs. */
    private static final Duration MARGIN = Duration.ofSeconds(1);

    private final JobCache cache;
    private final JobReader reader;
    private final WaitingJobs waiting;
    private final StatusWaits waits;
    private final Departures departures;
    private final Patience patience;
    private final Access access;
    private final Executor answering;

    /** @param answering the threads that also take requests: writing an answer may take as long as the caller takes to read it */
    StatusEndpoint(
            JobCache cache,
            JobReader reader,
            WaitingJobs waiting,
            StatusWaits waits,
            Departures departures,
            Patience patience,
            Access access,
            Executor answering) {
        this.cache = cache;
        this.reader = reader;
        this.waiting = waiting;
        this.waits = waits;
        this.departures = departures;
        this.patience = patience;
        this.access = access;
        this.answering = answering;
    }

    /** {@code GET /pipeline/status/{id}} */
    void status(Context ctx) {
        var id = JobsEndpoint.id("id", ctx.pathParam("id"));
        LogContext.job(id);
        JobsEndpoint.onlyKnown(ctx, Set.of("wait"));
        var wait = wait(ctx.queryParam("wait"));
        var permission = access.permission(ctx);
        var place = wait.isZero() ? null : waits.take(id, permission).orElse(null);
        if (place == null) {
            // If too many wait already, the Retry-After says when to ask again.
            answer(ctx, id, look(id, Principal.of(ctx).realm()));
        } else {
            ctx.future(() -> {
                try {
                    return later(ctx, id, place, permission, wait);
                } catch (Throwable e) {
                    place.leave();
                    throw e;
                }
            });
        }
    }

    /**
     * Answers in time whatever hangs: no request is touched by what may still be under way then.
     *
     * @param wait at most, and hardly longer
     */
    private CompletableFuture<Void> later(
            Context ctx, UUID id, StatusWaits.Place place, Permission permission, Duration wait) {
        var end = System.nanoTime() + wait.toNanos();
        var realm = Principal.of(ctx).realm();
        var known = ctx.header("If-None-Match");
        var connection = Departures.connection(ctx.req());
        var left = new AtomicBoolean();
        waits.answerLater(ctx.req().getAsyncContext());
        departures.watch(connection, () -> {
            left.set(true);
            place.leave();
        });
        return CompletableFuture.supplyAsync(() -> show(id, realm), answering)
                .thenCompose(first -> isEnough(known, first)
                        ? CompletableFuture.completedFuture(first)
                        : place.until(enough(known, first.get()), Duration.ofNanos(end - System.nanoTime()))
                                .thenApplyAsync(
                                        over -> left.get() ? first : showIfPermitted(id, realm, permission), answering))
                .thenApply(shown -> look(id, realm, shown))
                .orTimeout(wait.plus(MARGIN).toMillis(), TimeUnit.MILLISECONDS)
                .handleAsync(
                        (look, failure) -> {
                            place.leave();
                            departures.forget(connection);
                            if (!left.get()) {
                                answer(ctx, id, look, failure, permission);
                            }
                            return null;
                        },
                        answering);
    }

    /** The key may have been revoked, and the session ended, since the request was let in. */
    private Optional<Shown> showIfPermitted(UUID id, String realm, Permission permission) {
        if (!permission.holds()) {
            throw new NotPermitted();
        }
        return show(id, realm);
    }

    private static final class NotPermitted extends RuntimeException {}

    private static void answer(Context ctx, UUID id, Look look, Throwable failure, Permission permission) {
        var cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause == null) {
            answer(ctx, id, look);
        } else if (cause instanceof NotPermitted) {
            throw ApiError.unauthorized(ctx, permission.field(), "the key, or the session, was ended during the wait");
        } else if (cause instanceof TimeoutException) {
            throw new ApiError(ErrorCode.DATABASE_UNAVAILABLE, null, "the database did not answer in time; ask again");
        } else {
            throw new CompletionException(cause);
        }
    }

    private static boolean isEnough(String known, Optional<Shown> shown) {
        return shown.isEmpty() || enough(known, shown.get()).test(Mark.of(shown.get().job));
    }

    /** Whoever says what it knows waits for anything else, whoever does not for the next time that somebody has to act. */
    private static Predicate<Mark> enough(String known, Shown shown) {
        if (known == null) {
            return mark -> mark.status().isFinal() || mark.status() == JobState.AWAITING_INPUT;
        }
        var present = Mark.of(shown.job);
        boolean isKnown = Etag.matches(known, shown.etag);
        return mark -> !isKnown || mark.status().isFinal() || !mark.equals(present);
    }

    /**
     * A job with what can be said about its waiting.
     *
     * @param retryAfter seconds; null when it has ended
     */
    private record Shown(JobDetails job, Why why, String etag, Long retryAfter) {}

    /** Knows no request, which may be over before the database answers. Empty: the caller sees no such job. */
    private Optional<Shown> show(UUID id, String realm) {
        return cache.job(id, realm).map(job -> {
            var standing = job.status() == JobState.QUEUED
                            || job.status() == JobState.RETRYING
                            || job.status() == JobState.AWAITING_INPUT
                    ? waiting.standing(job).orElse(null)
                    : null;
            var now = Instant.now();
            var why = Why.of(job, standing, now);
            var retryAfter = job.status().isFinal() ? null : patience.seconds(job, standing, now);
            return new Shown(job, why, Etag.of(job, why), retryAfter);
        });
    }

    /**
     * All that is asked of the database for an answer.
     *
     * @param realm whose job it is, if the caller does not see it but another would
     */
    private record Look(Optional<Shown> shown, String realm) {}

    private Look look(UUID id, String realm) {
        return look(id, realm, show(id, realm));
    }

    private Look look(UUID id, String realm, Optional<Shown> shown) {
        return new Look(shown, shown.isPresent() ? null : JobsEndpoint.realm(reader, id, realm));
    }

    private static void answer(Context ctx, UUID id, Look look) {
        var shown = look.shown.orElseThrow(() -> JobsEndpoint.unknown(ctx, id, look.realm));
        ctx.header("ETag", shown.etag);
        // Kept by the caller, but never used again without asking here whether it still holds.
        ctx.header("Cache-Control", "private, no-cache");
        if (shown.retryAfter != null) {
            ctx.header("Retry-After", Long.toString(shown.retryAfter));
        }
        if (Etag.matches(ctx.header("If-None-Match"), shown.etag)) {
            ctx.status(304);
            return;
        }
        ctx.json(JobView.of(shown.job, shown.why.words()));
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
        var job = cache.job(id, Principal.of(ctx).realm()).orElseThrow(() -> JobsEndpoint.unknown(reader, ctx, id));
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
}
