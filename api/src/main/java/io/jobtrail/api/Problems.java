package io.jobtrail.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.jobtrail.config.Json;
import io.jobtrail.job.JobIds;
import io.jobtrail.store.DatabaseFailure;
import java.nio.ByteBuffer;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Renders every error as RFC 9457 {@code application/problem+json}, with a stable code and the id of the request. */
final class Problems {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    private static final String MEDIA_TYPE = "application/problem+json";

    /** Seconds. */
    private static final String RETRY_AFTER = "2";

    private Problems() {}

    static void install(RoutesConfig routes) {
        routes.exception(ApiError.class, Problems::known);
        routes.exception(HttpResponseException.class, Problems::http);
        routes.exception(DatabaseFailure.class, Problems::database);
        routes.exception(UnsupportedCharsetException.class, (e, ctx) -> charset(ctx));
        routes.exception(IllegalCharsetNameException.class, (e, ctx) -> charset(ctx));
        routes.exception(EofException.class, (e, ctx) -> left(ctx));
        routes.exception(Exception.class, (e, ctx) -> {
            if (e.getCause() instanceof EofException) {
                left(ctx);
                return;
            }
            LOG.error("request {} {} {} failed", RequestId.of(ctx), ctx.method(), ctx.path(), e);
            render(
                    ctx,
                    ErrorCode.INTERNAL_ERROR,
                    null,
                    "Nothing was changed, unless a job was answered before. The log has more "
                            + "under this request_id.");
        });
    }

    private static void left(Context ctx) {
        LOG.debug("request {} {} {}: the caller left", RequestId.of(ctx), ctx.method(), ctx.path());
        render(ctx, ErrorCode.MALFORMED_REQUEST, null, "The body ends early");
    }

    /** Which the web server asks for when it reads a body. */
    private static void charset(Context ctx) {
        render(ctx, ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Content-Type", "Content-Type names a charset that is not known");
    }

    private static void known(ApiError e, Context ctx) {
        var problem = problem(e, ctx.path());
        if (e.items != null) {
            problem.put("items", e.items);
        }
        if (e.jobStatus != null) {
            problem.put("job_status", e.jobStatus.wireName()); // "status" is that of HTTP, says RFC 9457
        }
        render(ctx, e.code, problem);
    }

    /** What Javalin itself refuses. */
    private static void http(HttpResponseException e, Context ctx) {
        var allowed = ctx.appData(AllowedMethods.KEY).of(ctx.path());
        switch (e.getStatus() == 405 && allowed.isEmpty() ? 404 : e.getStatus()) {
            case 404 -> render(ctx, ErrorCode.NOT_FOUND, null, "There is no " + ctx.path());
            case 405 -> {
                ctx.header("Allow", allowed);
                render(
                        ctx,
                        ErrorCode.METHOD_NOT_ALLOWED,
                        null,
                        "%s does not take %s, but %s".formatted(ctx.path(), ctx.method(), allowed));
            }
            case 413 -> render(ctx, ErrorCode.BODY_TOO_LARGE, null, "The body is larger than this path takes");
            default ->
                render(
                        ctx,
                        e.getStatus() < 500 ? ErrorCode.INVALID_FIELD : ErrorCode.INTERNAL_ERROR,
                        null,
                        e.getMessage());
        }
    }

    private static void database(DatabaseFailure e, Context ctx) {
        if (e.isTransient()) {
            // An outage is logged once, however many come in it.
            LOG.atLevel(e.isOfKnownOutage() ? Level.DEBUG : Level.WARN)
                    .log(
                            "request {} {} {}: Postgres cannot be used ({})",
                            RequestId.of(ctx),
                            ctx.method(),
                            ctx.path(),
                            e.getMessage());
            render(
                    ctx,
                    ErrorCode.DATABASE_UNAVAILABLE,
                    null,
                    e.leavesItUnknown()
                            ? "It is unknown whether anything was changed: look before you send the request again, "
                                    + "unless it has an Idempotency-Key."
                            : "No job was accepted or changed; send the request again in a moment.");
        } else {
            LOG.error("request {} {} {} failed", RequestId.of(ctx), ctx.method(), ctx.path(), e);
            render(
                    ctx,
                    ErrorCode.INTERNAL_ERROR,
                    null,
                    "The database refused a statement. The log has more under this request_id.");
        }
    }

    /** For requests that the HTTP server refuses before any route is looked for, such as a path with illegal characters. */
    static Request.Handler beforeRouting() {
        return (request, response, callback) -> {
            var status = request.getAttribute(ErrorHandler.ERROR_STATUS) instanceof Integer given
                    ? given
                    : response.getStatus();
            var problem = problem(
                    ErrorCode.MALFORMED_REQUEST,
                    null,
                    String.valueOf(request.getAttribute(ErrorHandler.ERROR_MESSAGE)),
                    request.getHttpURI().getPath());
            var id = JobIds.next().toString();
            problem.put("status", status);
            problem.put("request_id", id);
            response.getHeaders()
                    .put("Content-Type", MEDIA_TYPE)
                    .put("X-Request-Id", id)
                    // It may end it, and a caller that was not told so would lose its next request.
                    .put("Connection", "close")
                    .put("X-Content-Type-Options", "nosniff")
                    .put("Cache-Control", "no-store");
            response.write(true, ByteBuffer.wrap(Json.write(problem).getBytes(StandardCharsets.UTF_8)), callback);
            return true;
        };
    }

    private static void render(Context ctx, ErrorCode code, String field, String detail) {
        render(ctx, code, problem(code, field, detail, ctx.path()));
    }

    private static void render(Context ctx, ErrorCode code, Map<String, Object> problem) {
        problem.put("request_id", RequestId.of(ctx));
        if (code.status == 503) {
            ctx.header("Retry-After", RETRY_AFTER);
        }
        ctx.status(code.status).result(Json.write(problem)).contentType(MEDIA_TYPE);
    }

    /** What a problem says of one of the items of a request that was served otherwise. */
    static Map<String, Object> ofItem(ApiError e) {
        var problem = problem(e, null);
        problem.keySet().removeAll(Set.of("type", "instance"));
        return problem;
    }

    private static Map<String, Object> problem(ErrorCode code, String field, String detail, String path) {
        return problem(new ApiError(code, field, detail), path);
    }

    private static Map<String, Object> problem(ApiError e, String path) {
        var problem = new LinkedHashMap<String, Object>();
        problem.put("type", "about:blank");
        problem.put("title", e.code.title);
        problem.put("status", e.code.status);
        problem.put("detail", e.getMessage());
        problem.put("instance", path);
        problem.put("code", e.code.name());
        if (e.field != null) {
            var error = new LinkedHashMap<String, Object>();
            error.put("field", e.field);
            error.put("detail", e.getMessage());
            error.putAll(e.place);
            problem.put("errors", List.of(error));
        }
        return problem;
    }
}
