package io.jobtrail.api;

import io.javalin.Javalin;
import io.javalin.http.Context;
import io.javalin.json.JavalinJackson;
import io.jobtrail.config.Json;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** All paths of the web process on one screen. */
final class Routes {
    /** Largest body that is read whole: JSON. Files are streamed and have a limit of their own. */
    private static final long MAX_JSON_BYTES = 10L << 20;

    private Routes() {}

    static Javalin server(
            Access access,
            EnqueueEndpoint enqueue,
            StatusEndpoint status,
            EventsEndpoint events,
            JobsEndpoint jobs,
            ActionsEndpoint actions,
            PromptsEndpoint prompts,
            StatsEndpoint stats,
            HealthEndpoint health,
            MetricsEndpoint metrics) {
        return Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.http.maxRequestSize = MAX_JSON_BYTES;
            config.http.prefer405over404 = true;
            config.jsonMapper(new JavalinJackson(Json.MAPPER, false));
            config.jetty.modifyServer(server -> server.setErrorHandler(Problems.beforeRouting()));
            // Else a well-known header that differs from an earlier one of the connection only in case is taken for
            // that
            // one: a wrong Authorization for the right one, where a proxy shares the connection.
            config.jetty.modifyHttpConfiguration(http -> http.setHeaderCacheCaseSensitive(true));
            Problems.install(config.routes);

            config.routes.before(ctx -> {
                RequestId.of(ctx);
                ctx.header("X-Content-Type-Options", "nosniff");
                ctx.header("Cache-Control", "no-store");
            });
            config.requestLogger.http(metrics::measure);
            config.routes.before("/pipeline/*", access::check);
            config.routes.before("/metrics", access::check);
            config.routes.before("/pipeline/*", Routes::refuseMalformedQuery);
            config.routes.before("/pipeline/*", Routes::refuseLargeJson);

            config.routes.post("/pipeline/enqueue", enqueue::handle);
            config.routes.get("/pipeline/status/{id}", status::status);
            config.routes.get("/pipeline/events", events::events);
            config.routes.get("/pipeline/jobs/recent", jobs::recent);
            config.routes.get("/pipeline/jobs/{id}/history", jobs::history);
            config.routes.get("/pipeline/jobs/{id}/result", status::result);
            config.routes.get("/pipeline/jobs/{id}/chunks", jobs::chunks);
            config.routes.get("/pipeline/jobs/{id}/file", jobs::file);
            config.routes.post("/pipeline/jobs/bulk", actions::bulk); // before the next, which would take it for an id
            config.routes.post("/pipeline/jobs/{id}", actions::act);
            config.routes.delete("/pipeline/jobs/{id}", actions::delete);
            config.routes.get("/pipeline/hitl/{id}/prompt", prompts::prompt);
            config.routes.post("/pipeline/hitl/{id}/response", prompts::respond);
            config.routes.get("/pipeline/stats", stats::stats);

            config.routes.get("/heartbeat", health::heartbeat);
            config.routes.get("/health/ready", health::ready);
            config.routes.get("/health", health::health);
            config.routes.get("/metrics", metrics::scrape);
        });
    }

    /** By the declared length, before the body is read; one that declares none is counted while it is read. */
    private static void refuseLargeJson(Context ctx) {
        if (!EnqueueEndpoint.isForm(ctx) && ctx.req().getContentLengthLong() > MAX_JSON_BYTES) {
            throw new ApiError(
                    ErrorCode.BODY_TOO_LARGE, null, "a JSON body may have at most " + MAX_JSON_BYTES + " bytes");
        }
    }

    /** Otherwise a parameter that cannot be decoded would be passed over, and a filter would let everything through. */
    private static void refuseMalformedQuery(Context ctx) {
        var query = ctx.queryString();
        try {
            if (query == null
                    || !URLDecoder.decode(query, StandardCharsets.UTF_8).contains("\uFFFD")) {
                return;
            }
        } catch (IllegalArgumentException e) {
            // answered below, like bytes that are no UTF-8
        }
        throw new ApiError(ErrorCode.MALFORMED_REQUEST, null, "the query string has a malformed percent-encoding");
    }
}
