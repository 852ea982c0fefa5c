package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.document.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The description of this API, for programs as an OpenAPI document and for people as a page that shows it. Both are files of the
 * program, read once; nothing of them depends on who asks, and the page takes nothing from any other server.
 */
final class DocsEndpoint {
    /** The page runs its own script and style and nothing else, also if something else got into the document. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final Resource document = Resource.of("/openapi.json", "application/json");
    private final Resource page = Resource.of("/web/docs/index.html", "text/html; charset=utf-8");
    private final Resource script = Resource.of("/web/docs/docs.js", "text/javascript; charset=utf-8");
    private final Resource style = Resource.of("/web/docs/docs.css", "text/css; charset=utf-8");

    /** One file, with the tag that tells it from that of another release. */
    private record Resource(String text, String contentType, String etag) {
        static Resource of(String name, String contentType) {
            try (var file = DocsEndpoint.class.getResourceAsStream(name)) {
                var text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
                return new Resource(text, contentType, '"' + Sha256.of(text).substring(0, 16) + '"');
            } catch (IOException e) {
                throw new UncheckedIOException(name + " cannot be read", e);
            }
        }

        void send(Context ctx) {
            ctx.header("ETag", etag);
            ctx.header("Cache-Control", "no-cache");
            if (Etag.matches(ctx.header("If-None-Match"), etag)) {
                ctx.status(304);
            } else {
                ctx.contentType(contentType).result(text);
            }
        }
    }

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
