package io.jobtrail.api;

import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.jobtrail.job.NewJob;
import io.jobtrail.trace.JobAttributes;
import io.jobtrail.trace.Traceparent;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import java.util.List;
import org.slf4j.MDC;

/**
 * The span {@code enqueue} around every way of sending jobs, which the jobs carry on to their workers: a child of what an agent has
 * made of the request, else of the caller's {@code traceparent}. Without an SDK the jobs carry what the caller sent. Changes
 * nothing about the answer, and says nothing that a caller wrote freely.
 */
final class EnqueueSpan {
    private static final String KEY = EnqueueSpan.class.getName();

    private final Tracer tracer;

    EnqueueSpan(Tracer tracer) {
        this.tracer = tracer;
    }

    Handler around(Handler submission) {
        return ctx -> {
            var span = begin(ctx);
            var itself = span.getSpanContext();
            if (itself.isValid()) {
                ctx.attribute(KEY, Traceparent.of(itself));
                MDC.put("trace_id", itself.getTraceId());
            }
            try (var scope = span.makeCurrent()) {
                submission.handle(ctx);
            } catch (Exception e) {
                span.setStatus(StatusCode.ERROR);
                span.setAttribute(
                        JobAttributes.ERROR_TYPE,
                        e instanceof ApiError refused
                                ? refused.code.name()
                                : e.getClass().getName());
                throw e;
            } finally {
                span.end();
            }
        };
    }

    private Span begin(Context ctx) {
        var present = io.opentelemetry.context.Context.current();
        var parent = Span.fromContext(present).getSpanContext().isValid()
                ? present
                : present.with(Span.wrap(Traceparent.parse(ctx.header(Traceparent.HEADER))));
        return tracer.spanBuilder("enqueue")
                .setSpanKind(SpanKind.PRODUCER)
                .setParent(parent)
                .startSpan();
    }

    /** What the jobs of this submission carry; null when there is no trace. */
    static String traceparent(Context ctx) {
        return ctx.attribute(KEY);
    }

    /** What became of the submission whose thread this is. */
    static void accepted(List<NewJob> jobs, List<NewJob.Accepted> accepted) {
        var span = Span.current();
        if (!span.isRecording() || jobs.isEmpty()) {
            return;
        }
        span.setAttribute(JobAttributes.REALM, jobs.get(0).realm());
        span.setAttribute(JobAttributes.JOBS, (long) jobs.size());
        if (jobs.size() == 1) {
            span.setAttribute(JobAttributes.JOB_ID, accepted.get(0).id().toString());
            span.setAttribute(JobAttributes.QUEUE, jobs.get(0).queue().wireName());
            span.setAttribute(JobAttributes.HANDLER, jobs.get(0).handler());
        }
    }
}
