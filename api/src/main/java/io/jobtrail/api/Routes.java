package io.jobtrail.api;

import io.javalin.Javalin;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.MethodNotAllowedResponse;
import io.javalin.json.JavalinJackson;
import io.jobtrail.config.Json;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** All paths of the web process on one screen, each with the right that its caller needs. */
final class Routes {
    /** Headers with one value that something is decided by. */
    private static final List<String> SENT_ONCE = List.of(
            "Authorization",
            "X-Admin-Key",
            "X-Api-Key",
            "X-CSRF-Token",
            "X-Realm",
            "Idempotency-Key",
            "Content-Type",
            "Last-Event-ID");

    private Routes() {}

    static Javalin server(
            WebConnector connector,
            Access access,
            AccessLog accessLog,
            SlowBodies bodies,
            JsonRoom json,
            SessionEndpoint session,
            KeysEndpoint keys,
            EnqueueSpan span,
            EnqueueEndpoint enqueue,
            BatchEndpoint batches,
            StatusEndpoint status,
            EventsEndpoint events,
            JobsEndpoint jobs,
            ActionsEndpoint actions,
            PromptsEndpoint prompts,
            StatsEndpoint stats,
            QueuesEndpoint queues,
            HealthEndpoint health,
            MetricsEndpoint metrics,
            DocsEndpoint docs,
            DashboardEndpoint dashboard) {
        var methods = new AllowedMethods();
        var javalin = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.http.maxRequestSize = JsonRoom.MAX_BYTES;
            config.http.prefer405over404 = true;
            config.jsonMapper(new JavalinJackson(Json.MAPPER, false));
            config.jetty.modifyServer(server -> server.setErrorHandler(Problems.beforeRouting()));
            config.jetty.modifyServer(server -> server.insertHandler(new UnreadBodies()));
            // Else a well-known header that differs from an earlier one of the connection only in case is taken for
            // that one: a wrong Authorization for the right one, where a proxy shares the connection.
            config.jetty.modifyHttpConfiguration(http -> http.setHeaderCacheCaseSensitive(true));
            config.jetty.addConnector(connector::in);
            Problems.install(config.routes);
            config.appData(AccessLog.KEY, accessLog);
            config.appData(JsonRoom.KEY, json);
            config.appData(AllowedMethods.KEY, methods);

            LogContext.install(config);
            config.routes.before(ctx -> {
                ctx.header("X-Content-Type-Options", "nosniff");
                ctx.header("Cache-Control", "no-store");
            });
            config.routes.before(Routes::refuseInnerMethods);
            config.routes.before(Routes::refuseMalformedPath);
            config.routes.beforeMatched(Routes::refuseMalformedCharset);
            config.requestLogger.http(metrics::measure);
            config.routes.beforeMatched(Routes::refuseRepeatedHeaders);
            config.routes.beforeMatched(methods::refuseNamesAsIds);
            config.routes.beforeMatched(access::check);
            config.routes.beforeMatched("/pipeline/*", Routes::refuseMalformedQuery);
            config.routes.beforeMatched("/pipeline/*", bodies::enter);
            config.routes.beforeMatched("/pipeline/*", json::enter);
            config.routes.after(json::leave);
            config.routes.after(bodies::leave);
            config.routes.after(Routes::withoutType);

            config.routes.post("/pipeline/enqueue", span.around(enqueue::handle), Right.SUBMIT);
            config.routes.post("/pipeline/enqueue/batch", span.around(batches::enqueue), Right.SUBMIT);
            config.routes.post("/pipeline/batch", span.around(batches::upload), Right.SUBMIT);
            get(config.routes, "/pipeline/batch-status/{batch_id}", batches::status, Right.FOLLOW);
            get(config.routes, "/pipeline/status/{id}", status::status, Right.FOLLOW);
            get(config.routes, "/pipeline/events", events::events, Right.READ);
            get(config.routes, "/pipeline/jobs/recent", jobs::recent, Right.READ);
            get(config.routes, "/pipeline/jobs/{id}/history", jobs::history, Right.READ);
            get(config.routes, "/pipeline/jobs/{id}/result", status::result, Right.READ);
            get(config.routes, "/pipeline/jobs/{id}/chunks", jobs::chunks, Right.READ);
            get(config.routes, "/pipeline/jobs/{id}/file", jobs::file, Right.READ);
            // before the next, which would take it for an id
            config.routes.post("/pipeline/jobs/bulk", actions::bulk, Right.OPERATE);
            config.routes.post("/pipeline/jobs/{id}", actions::act, Right.OPERATE);
            config.routes.delete("/pipeline/jobs/{id}", actions::delete, Right.OPERATE);
            get(config.routes, "/pipeline/hitl/{id}/prompt", prompts::prompt, Right.READ);
            config.routes.post("/pipeline/hitl/{id}/response", prompts::respond, Right.OPERATE);
            get(config.routes, "/pipeline/stats", stats::stats, Right.READ);
            get(config.routes, "/pipeline/queues", queues::queues, Right.ADMINISTER);
            config.routes.post("/pipeline/queues/{queue}", queues::act, Right.ADMINISTER);
            get(config.routes, "/pipeline/workers", queues::workers, Right.ADMINISTER);

            config.routes.post("/pipeline/session", session::signIn, Right.OPEN);
            get(config.routes, "/pipeline/session", session::show, Right.IDENTIFY);
            config.routes.delete("/pipeline/session", session::signOut, Right.IDENTIFY);
            config.routes.post("/pipeline/keys", keys::create, Right.ADMINISTER);
            get(config.routes, "/pipeline/keys", keys::list, Right.ADMINISTER);
            config.routes.delete("/pipeline/keys/{id}", keys::revoke, Right.ADMINISTER);
            get(config.routes, "/pipeline/access-events", keys::events, Right.ADMINISTER);

            get(config.routes, "/heartbeat", health::heartbeat, Right.OPEN);
            get(config.routes, "/health/ready", health::ready, Right.OPEN);
            get(config.routes, "/health", health::health, Right.OPEN);
            get(config.routes, "/metrics", metrics::scrape, Right.ADMINISTER);
            get(config.routes, "/openapi.json", docs::document, Right.OPEN);
            get(config.routes, "/docs", docs::page, Right.OPEN);
            get(config.routes, "/docs/docs.js", docs::script, Right.OPEN);
            get(config.routes, "/docs/docs.css", docs::style, Right.OPEN);
            get(config.routes, "/", dashboard::page, Right.OPEN);
            get(config.routes, "/dashboard/{file}", dashboard::file, Right.OPEN);
        });
        methods.learn(javalin.unsafe.internalRouter.allHttpHandlers());
        return javalin;
    }

    /** HEAD is what GET is, without the body: Javalin would answer it without asking who asks, and for what. */
    private static void get(RoutesConfig routes, String path, Handler handler, Right right) {
        routes.get(path, handler, right);
        routes.head(path, handler, right);
    }

    /** Which of them counts would be chance, and another choice for a proxy than for this server. */
    private static void refuseRepeatedHeaders(Context ctx) {
        for (var name : SENT_ONCE) {
            var values = ctx.req().getHeaders(name);
            if (values.hasMoreElements() && values.nextElement() != null && values.hasMoreElements()) {
                throw ApiError.invalid(name, "was sent more than once");
            }
        }
    }

    /** Javalin gives one to every answer, also to one that has no body at all. */
    private static void withoutType(Context ctx) {
        if (ctx.statusCode() == 204 || ctx.statusCode() == 304) {
            ctx.res().setContentType(null);
        }
    }

    /** Javalin calls its own steps by such names, and would take a request for one that wants the step. */
    private static void refuseInnerMethods(Context ctx) {
        if (!ctx.method().isHttpMethod()) {
            throw new MethodNotAllowedResponse();
        }
    }

    /** What stands behind a semicolon the web server does not decode, but Javalin does. */
    private static void refuseMalformedPath(Context ctx) {
        try {
            URLDecoder.decode(ctx.path(), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new ApiError(ErrorCode.MALFORMED_REQUEST, null, "the path has a malformed percent-encoding");
        }
    }

    /** Javalin asks for it in many places, and takes it for granted that a name follows. */
    private static void refuseMalformedCharset(Context ctx) {
        try {
            ctx.characterEncoding();
        } catch (IndexOutOfBoundsException e) {
            throw new ApiError(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Content-Type", "Content-Type must name a charset, or have none");
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
