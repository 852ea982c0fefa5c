package io.jobtrail.trace;

import io.jobtrail.job.Claim;
import java.util.Map;
import org.slf4j.MDC;

/**
 * What each line says that this thread logs about an attempt, until closed; from then on what it said before. Knows not what is
 * logged.
 */
public final class JobLogContext implements AutoCloseable {
    public static final String TRACE_ID = "trace_id";

    private final Map<String, String> outer;

    private JobLogContext(Map<String, String> outer) {
        this.outer = outer;
    }

    public static JobLogContext of(Claim claim) {
        var context = new JobLogContext(MDC.getCopyOfContextMap());
        if (context.outer != null) {
            MDC.clear(); // it may tell of another job, and of its span
        }
        MDC.put("job_id", claim.id().toString());
        MDC.put("realm", claim.job().realm());
        MDC.put("queue", claim.job().queue());
        MDC.put("attempt", Integer.toString(claim.job().attempt()));
        var trace = Traceparent.parse(claim.traceparent());
        if (trace.isValid()) {
            MDC.put(TRACE_ID, trace.getTraceId());
        }
        return context;
    }

    @Override
    public void close() {
        if (outer == null) {
            MDC.clear();
        } else {
            MDC.setContextMap(outer);
        }
    }
}
