package io.jobtrail.run;

import io.jobtrail.job.Claim;
import io.jobtrail.trace.Traceparent;
import org.slf4j.MDC;

/** What each line says that this thread logs about an attempt, until closed. Knows not what is logged. */
final class LogContext implements AutoCloseable {
    static final String TRACE_ID = "trace_id";

    private LogContext() {}

    static LogContext of(Claim claim) {
        MDC.put("job_id", claim.id().toString());
        MDC.put("realm", claim.job().realm());
        MDC.put("queue", claim.job().queue());
        MDC.put("attempt", Integer.toString(claim.job().attempt()));
        var trace = Traceparent.parse(claim.traceparent());
        if (trace.isValid()) {
            MDC.put(TRACE_ID, trace.getTraceId());
        }
        return new LogContext();
    }

    @Override
    public void close() {
        MDC.clear();
    }
}
