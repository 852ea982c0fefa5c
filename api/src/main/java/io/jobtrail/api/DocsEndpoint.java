package io.jobtrail.api;

import io.javalin.http.Context;

/**
 * The description of this API, for programs as an OpenAPI document and for people as a page that shows it. Both are files of the
 * program, read once; nothing of them depends on who asks, and the page takes nothing from any other server.
 */
final class DocsEndpoint {
    /** The page runs its own script and style and nothing else, also if something else got into the document. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final StaticFile document = StaticFile.of("/openapi.json", "application/json");
    private final StaticFile page = StaticFile.of("/web/docs/index.html", "text/html; charset=utf-8");
    private final StaticFile script = StaticFile.of("/web/docs/docs.js", "text/javascript; charset=utf-8");
    private final StaticFile style = StaticFile.of("/web/docs/docs.css", "text/css; charset=utf-8");

    /** {@code GET /openapi.json} */
    void document(Context ctx) {
        document.send(ctx);
    }

    /** {@code GET /docs} */
    void page(Context ctx) {
        ctx.header("Content-Security-Policy", POLICY);
        ctx.header("Referrer-Policy", "no-referrer");
        page.send(ctx);
    }

    /** {@code GET /docs/docs.js} */
    void script(Context ctx) {
        script.send(ctx);
    }

    /** {@code GET /docs/docs.css} */
    void style(Context ctx) {
        style.send(ctx);
    }
}
