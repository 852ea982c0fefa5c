package io.jobtrail.run;

import io.jobtrail.job.Claim;
import io.jobtrail.job.JobState;
import io.jobtrail.trace.JobAttributes;
import io.jobtrail.trace.JobLogContext;
import io.jobtrail.trace.Traceparent;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.MDC;

/**
 * The span of one attempt, under the one that its job was sent with. It is the current span of the handler's thread, so that what
 * the handler calls can be told of it. Without an SDK nobody hears of the span, but the trace goes on all the same; without a
 * trace, too, nothing happens here. Changes nothing about the attempt, and says nothing that a handler wrote.
 */
final class AttemptSpan implements AutoCloseable {
    private static final AttemptSpan NONE = new AttemptSpan(Span.getInvalid(), Scope.noop());

    private final Span span;
    private final Scope scope;

    private AttemptSpan(Span span, Scope scope) {
        this.span = span;
        this.scope = scope;
    }

    static AttemptSpan begin(Tracer tracer, Claim claim) {
        var parent = Traceparent.parse(claim.traceparent());
        var span = tracer.spanBuilder("run " + claim.job().handler())
                .setSpanKind(SpanKind.CONSUMER)
                .setParent(Context.root().with(Span.wrap(parent)))
                .startSpan();
        if (!span.getSpanContext().isValid()) {
            return NONE;
        }
        if (span.getSpanContext().getSpanId().equals(parent.getSpanId())) {
            span = Span.wrap(childOf(parent)); // there is no SDK that would have made one
        }
        if (span.isRecording()) {
            span.setAttribute(JobAttributes.JOB_ID, claim.id().toString());
            span.setAttribute(JobAttributes.REALM, claim.job().realm());
            span.setAttribute(JobAttributes.QUEUE, claim.job().queue());
            span.setAttribute(JobAttributes.HANDLER, claim.job().handler());
            span.setAttribute(JobAttributes.ATTEMPT, (long) claim.job().attempt());
        }
        MDC.put(JobLogContext.TRACE_ID, span.getSpanContext().getTraceId());
        MDC.put("span_id", span.getSpanContext().getSpanId());
        return new AttemptSpan(span, span.makeCurrent());
    }

    private static SpanContext childOf(SpanContext parent) {
        long id = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
        return SpanContext.create(
                parent.getTraceId(), SpanId.fromLong(id), parent.getTraceFlags(), parent.getTraceState());
    }

    /** @param state that the job was left in; empty when the claim was lost, or nothing could be recorded */
    void ended(Outcome outcome, Optional<JobState> state) {
        if (!span.isRecording()) {
            return;
        }
        span.setAttribute(JobAttributes.OUTCOME, AttemptMeters.outcome(state));
        if (state.isEmpty() || state.get() == JobState.FAILED || state.get() == JobState.RETRYING) {
            span.setStatus(StatusCode.ERROR);
            span.setAttribute(JobAttributes.ERROR_TYPE, codeOf(outcome));
        }
    }

    private static String codeOf(Outcome outcome) {
        if (outcome instanceof Outcome.Failed failed) {
            return failed.code();
        }
        return outcome instanceof Outcome.Retry retry ? retry.code() : "NOT_RECORDED";
    }

    @Override
    public void close() {
        scope.close();
        span.end();
    }
}
