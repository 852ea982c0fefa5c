package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.document.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** One text file of the program, read once, with the tag that tells it from that of another release. Knows no caller. */
record StaticFile(String text, String contentType, String etag) {
    /** @return null when the program has no such file */
    static StaticFile find(String name, String contentType) {
        try (var file = StaticFile.class.getResourceAsStream(name)) {
            if (file == null) {
                return null;
            }
            var text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
            return new StaticFile(text, contentType, '"' + Sha256.of(text).substring(0, 16) + '"');
        } catch (IOException e) {
            throw new UncheckedIOException(name + " cannot be read", e);
        }
    }

    static StaticFile of(String name, String contentType) {
        var file = find(name, contentType);
        if (file == null) {
            throw new IllegalStateException("the program has no file " + name);
        }
        return file;
    }

    /** Asked for again each time, and sent again only when it is another one. */
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
