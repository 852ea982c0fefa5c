package io.jobtrail.api;

import io.javalin.http.Context;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * The dashboard: one page and the files that it is made of. They are the same for everybody and tell nothing; all that is shown
 * comes through the API, with the rights of whoever looks at it.
 */
final class DashboardEndpoint {
    /**
     * File names and texts of documents are written by strangers. The page makes no markup out of text, and with trusted types
     * the browser refuses it if it ever tried.
     */
    private static final String POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private static final Map<String, String> TYPES =
            Map.of("js", "text/javascript; charset=utf-8", "css", "text/css; charset=utf-8", "svg", "image/svg+xml");

    /** No other file of the program can be named like this. */
    private static final Pattern NAME = Pattern.compile("[a-z-]{1,40}\\.(js|css|svg)");

    private final StaticFile page = StaticFile.of("/web/dashboard/index.html", "text/html; charset=utf-8");
    private final Map<String, StaticFile> files = new ConcurrentHashMap<>();

    /** {@code GET /} */
    void page(Context ctx) {
        protect(ctx);
        page.send(ctx);
    }

    /** {@code GET /dashboard/{file}} */
    void file(Context ctx) {
        var matcher = NAME.matcher(ctx.pathParam("file"));
        var file = matcher.matches()
                ? files.computeIfAbsent(
                        matcher.group(), name -> StaticFile.find("/web/dashboard/" + name, TYPES.get(matcher.group(1))))
                : null;
        if (file == null) {
            throw new ApiError(ErrorCode.NOT_FOUND, null, "the dashboard has no such file");
        }
        protect(ctx);
        file.send(ctx);
    }

    /** Files too: one that is opened by itself is a page as well. */
    private static void protect(Context ctx) {
        ctx.header("Content-Security-Policy", POLICY);
        ctx.header("Referrer-Policy", "no-referrer");
    }
}
