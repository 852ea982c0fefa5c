package io.jobtrail.trace;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.List;

/**
 * W3C Trace Context as jobs carry it and requests send it: the value of the header {@code traceparent}. Knows neither HTTP nor
 * jobs, and makes no spans.
 */
public final class Traceparent {
    public static final String HEADER = "traceparent";

    private static final W3CTraceContextPropagator FORMAT = W3CTraceContextPropagator.getInstance();

    /** There is one header. */
    private static final TextMapGetter<String> VALUE = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(String value) {
            return List.of(HEADER);
        }

        @Override
        public String get(String value, String name) {
            return HEADER.equals(name) ? value : null;
        }
    };

    private Traceparent() {}

    /** @return the span that the value names; an invalid one when it is null or not well formed, as the recommendation says */
    public static SpanContext parse(String value) {
        return value == null
                ? SpanContext.getInvalid()
                : Span.fromContext(FORMAT.extract(Context.root(), value, VALUE)).getSpanContext();
    }

    /** @return null when the span is invalid */
    public static String of(SpanContext span) {
        if (!span.isValid()) {
            return null;
        }
        var written = new String[1];
        FORMAT.inject(Context.root().with(Span.wrap(span)), written, (holder, name, value) -> {
            if (HEADER.equals(name)) {
                holder[0] = value;
            }
        });
        return written[0];
    }
}
