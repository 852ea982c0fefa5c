package io.jobtrail.api;

import io.javalin.config.JavalinConfig;
import io.jobtrail.job.NewJob;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpFilter;
import java.io.IOException;
import java.util.EnumSet;
import java.util.UUID;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.slf4j.MDC;

/**
 * What each line says that is logged while a request is served: which request, whose, and which job, once that is known. A thread
 * that serves another one later, or does something else, says nothing of it any more. Logs nothing itself.
 */
final class LogContext {
    private LogContext() {}

    static void install(JavalinConfig config) {
        config.jetty.modifyServletContextHandler(handler -> {
            var end = new FilterHolder(new End());
            end.setAsyncSupported(true);
            handler.addFilter(end, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
        });
        config.routes.before(ctx -> MDC.put("request_id", RequestId.of(ctx)));
    }

    /** Around everything that a thread does for a request. */
    private static final class End extends HttpFilter {
        @Override
        public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
                throws IOException, ServletException {
            try {
                chain.doFilter(request, response);
            } finally {
                MDC.clear();
            }
        }
    }

    /** @param realm null = the caller sees all */
    static void realm(String realm) {
        if (realm != null) {
            MDC.put("realm", realm);
        }
    }

    static void job(UUID id) {
        MDC.put("job_id", id.toString());
    }

    static void job(NewJob job) {
        job(job.id());
        MDC.put("queue", job.queue().wireName());
    }
}
