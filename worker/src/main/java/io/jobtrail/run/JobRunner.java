package io.jobtrail.run;

import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import io.jobtrail.config.Json;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.RetryableFailure;
import io.jobtrail.job.Claim;
import io.jobtrail.job.JobState;
import io.jobtrail.store.ChunkStore;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobStore;
import io.jobtrail.store.Prompts;
import io.jobtrail.trace.JobLogContext;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The tracking decorator: claims a job, runs its handler, and leaves the truth about it in Postgres. Nothing else claims or
 * records. Knows neither Redis nor where the id came from.
 */
public final class JobRunner {
    private static final Logger LOG = LoggerFactory.getLogger(JobRunner.class);
    private static final int MAX_RESULT_CHARS = 16 << 20;

    private final JobStore store;
    private final Documents documents;
    private final ChunkStore chunks;
    private final Questions questions;
    private final Handlers handlers;
    private final Heartbeats heartbeats;
    private final Backoff backoff;
    private final RetryPolicy<Optional<JobState>> untilLeaseEnds;
    private final Duration lease;
    private final AttemptMeters meters;
    private final Tracer tracer;

    /**
     * @param meters gets {@code jobtrail.attempt}: how long attempts took, from the claim to the record, and how they ended;
     *     {@code jobtrail.run}: the same of all together, with percentiles; {@code jobtrail.claims.lost}
     * @param tracer gets a span for each attempt
     */
    public JobRunner(
            JobStore store,
            Documents documents,
            ChunkStore chunks,
            Prompts prompts,
            Handlers handlers,
            Heartbeats heartbeats,
            Backoff backoff,
            Duration lease,
            MeterRegistry meters,
            Tracer tracer) {
        this.store = store;
        this.documents = documents;
        this.chunks = chunks;
        questions = new Questions(prompts);
        this.handlers = handlers;
        this.heartbeats = heartbeats;
        this.backoff = backoff;
        this.lease = lease;
        this.meters = new AttemptMeters(meters);
        this.tracer = tracer;
        untilLeaseEnds = RetryPolicy.<Optional<JobState>>builder()
                .handleIf(e -> e instanceof DatabaseFailure failure && failure.isTransient())
                .withBackoff(100, 5_000, ChronoUnit.MILLIS)
                .withJitter(0.5)
                .withMaxRetries(-1)
                .withMaxDuration(lease)
                .build();
    }

    /** Runs the job if Postgres says that it is this worker's to run; empty otherwise. */
    public Optional<JobState> run(UUID id, String worker) {
        return store.claim(id, worker, handlers.names()).flatMap(this::run);
    }

    /** Runs an attempt that is claimed already. Answers the state it left the job in; empty when the claim was lost. */
    public Optional<JobState> run(Claim claim) {
        return run(claim, System.nanoTime(), new Next(Optional::empty));
    }

    /**
     * Likewise one job after another: what ends well is recorded in the same commit that claims the next one.
     *
     * @param next names the job to go on with, without waiting for one; asked when the handler of the last one has returned
     * @return whether Postgres handed out every job that was named
     */
    boolean run(UUID id, String worker, Supplier<Optional<UUID>> next) {
        long asked = System.nanoTime();
        var claim = store.claim(id, worker, handlers.names());
        var named = true;
        while (claim.isPresent()) {
            var following = new Next(next);
            run(claim.get(), asked, following);
            claim = following.claim(worker);
            asked = following.asked;
            named = following.named;
        }
        return !named;
    }

    /** @param asked when the claim was asked for: it may be held for as long */
    private Optional<JobState> run(Claim claim, long asked, Next next) {
        var context = new LiveContext(claim, documents, chunks, questions);
        long begun = System.nanoTime();
        try (var alive = heartbeats.start(context, asked);
                var log = JobLogContext.of(claim);
                var span = AttemptSpan.begin(tracer, claim)) {
            var outcome = attempt(context);
            var state = record(outcome, claim, next);
            span.ended(outcome, state);
            meters.ended(claim.job(), state, System.nanoTime() - begun);
            return state;
        }
    }

    /** The job that a worker goes on with: claimed together with the record of the one before, if that ends well. */
    private final class Next {
        private final Supplier<Optional<UUID>> source;
        private Optional<UUID> id = Optional.empty();
        private Optional<Claim> claim = Optional.empty();
        private boolean named;
        private boolean refused;
        private long asked;

        Next(Supplier<Optional<UUID>> source) {
            this.source = source;
        }

        /** The first attempt to record. A failure that is for good may be about the next job: then the first is recorded alone. */
        Optional<JobState> recordWith(Outcome outcome, Claim ended) {
            if (outcome instanceof Outcome.Finished finished) {
                id = source.get();
                named = id.isPresent();
                if (named) {
                    asked = System.nanoTime();
                    try {
                        var turn = store.completeAndClaim(ended, finished.result(), id.get(), handlers.names());
                        id = Optional.empty();
                        claim = turn.next();
                        return turn.completed() ? Optional.of(JobState.FINISHED) : Optional.empty();
                    } catch (DatabaseFailure e) {
                        if (e.isTransient()) {
                            throw e;
                        }
                        refused = true;
                    }
                }
            }
            return outcome.recordIn(store, ended);
        }

        /** Whether it was claimed may be unknown. Then it is not asked for: not claimed, it is pushed again. */
        Optional<Claim> claim(String worker) {
            if (refused) {
                asked = System.nanoTime();
            }
            return claim.or(() -> id.flatMap(
                    named -> refused ? store.claim(named, worker, handlers.names()) : store.claimOf(named, worker)));
        }
    }

    private Outcome attempt(LiveContext context) {
        var job = context.claim().job();
        Outcome outcome;
        try {
            outcome = finished(handlers.get(job.handler()).handle(job, context));
        } catch (PermanentFailure e) {
            outcome = new Outcome.Failed(codeOf(e.code()), ErrorText.clean(e.getMessage()));
        } catch (Throwable e) { // an Error must not leave the job running either
            var code = e instanceof RetryableFailure failure ? failure.code() : null;
            outcome = new Outcome.Retry(codeOf(code), ErrorText.of(e), backoff.after(job.attempt()));
        }
        context.handlerEnded();
        if (context.asked().isPresent()) {
            return context.asked().get();
        }
        return outcome instanceof Outcome.Finished
                ? outcome
                : context.stopReason()
                        .map(reason -> stopped(reason, job.attempt()))
                        .orElse(outcome);
    }

    /** What an attempt says that was asked to stop does not matter, only why it was asked. */
    private Outcome stopped(LiveContext.Stop reason, int attempt) {
        return switch (reason) {
            case CANCELLED -> new Outcome.Cancelled();
            case TIMEOUT ->
                new Outcome.Retry("TIMEOUT", "the attempt took longer than the job allows", backoff.after(attempt));
            case LOST -> new Outcome.Lost();
            case FENCED -> new Outcome.GivenBack("LEASE_NOT_RENEWED");
            case SHUTDOWN -> new Outcome.GivenBack("WORKER_SHUTDOWN");
        };
    }

    private Outcome finished(Object result) {
        try {
            return new Outcome.Finished(Json.forDatabase(result, MAX_RESULT_CHARS));
        } catch (Json.TooLarge e) {
            return new Outcome.Failed("RESULT_TOO_LARGE", "the result " + e.getMessage());
        } catch (IllegalArgumentException e) {
            return new Outcome.Failed("RESULT_INVALID", "the result " + ErrorText.clean(e.getMessage()));
        }
    }

    /** A failure always has a code; one that Postgres refuses would leave the job running. */
    private static String codeOf(String given) {
        var code = ErrorText.clean(given);
        return code.isBlank() ? "HANDLER_ERROR" : code;
    }

    private Optional<JobState> record(Outcome outcome, Claim claim, Next next) {
        try {
            var state = Failsafe.with(untilLeaseEnds).get(execution -> {
                var recorded =
                        execution.isFirstAttempt() ? next.recordWith(outcome, claim) : outcome.recordIn(store, claim);
                // A write whose answer got lost may have been committed all the same.
                return recorded.isEmpty() && !execution.isFirstAttempt() ? store.leftAs(claim) : recorded;
            });
            state.ifPresentOrElse(
                    // What ended well stands in the trail, and a line for each costs as much as running a small job.
                    left -> LOG.atLevel(left == JobState.FINISHED ? Level.DEBUG : Level.INFO)
                            .log(
                                    "job {} attempt {} is {}",
                                    claim.id(),
                                    claim.job().attempt(),
                                    left.wireName()),
                    () -> {
                        meters.claimLost();
                        LOG.warn(
                                "job {} attempt {} ended as {}, but the claim is lost: nothing was recorded, and what "
                                        + "has become of the job meanwhile stands",
                                claim.id(),
                                claim.job().attempt(),
                                outcome.getClass().getSimpleName());
                    });
            return state;
        } catch (DatabaseFailure e) {
            var what =
                    outcome instanceof Outcome.Finished ? "result" : outcome instanceof Outcome.Asked ? "prompt" : null;
            if (what != null && isAboutTheValue(e)) {
                LOG.warn("job {}: Postgres does not store the {} ({})", claim.id(), what, e.getMessage());
                var error = ErrorText.clean("the " + what + " cannot be stored: " + e.getMessage());
                return record(new Outcome.Failed(what.toUpperCase(Locale.ROOT) + "_INVALID", error), claim, next);
            }
            LOG.error(
                    "job {} attempt {} ended as {}, but that could not be recorded within {} s: it stays running in Postgres, "
                            + "and is released for another attempt once its lease is over",
                    claim.id(),
                    claim.job().attempt(),
                    outcome.getClass().getSimpleName(),
                    lease.toSeconds(),
                    e);
            return Optional.empty();
        }
    }

    /** Such a refusal is for good, and would come again after every attempt: bad data, a constraint, or larger than Postgres can. */
    private static boolean isAboutTheValue(DatabaseFailure e) {
        return Stream.of("22", "23", "54").anyMatch(e.sqlState()::startsWith);
    }
}
