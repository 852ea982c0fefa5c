package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.api.Staging.StagedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** A multipart request with one file, received whole; the bytes are gone once it is closed. Knows nothing of jobs. */
final class Upload implements AutoCloseable {
    /** Controls, halves of characters, line ends and what turns the direction of writing; joiners within emoji stay. */
    private static final Pattern UNSAFE =
            Pattern.compile("[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\u061C\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u2069\\uFEFF]");

    private static final Pattern TYPE = Pattern.compile("[\\x20-\\x7E]{1,255}");

    private final FormParts form;
    private final StagedFile file;

    private Upload(FormParts form, StagedFile file) {
        this.form = form;
        this.file = file;
    }

    /** @param maxBytes largest file */
    static Upload receive(Context ctx, long maxBytes, Staging staging) {
        long length = ctx.req().getContentLengthLong();
        var file = staging.newFile(length < 0 ? Long.MAX_VALUE : length);
        try {
            return new Upload(FormParts.read(ctx.req(), maxBytes, file), file);
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    Map<String, String> fields() {
        return form.fields();
    }

    /** The sender's name for the file without directories and control characters; for display, never for a path. */
    String filename() {
        var name = form.filename() == null ? "" : form.filename();
        var last = name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
        var clean = UNSAFE.matcher(last).replaceAll("").strip();
        if (clean.isEmpty() || clean.chars().allMatch(c -> c == '.')) {
            return "unnamed";
        }
        return clean.codePointCount(0, clean.length()) <= 255
                ? clean
                : clean.substring(0, clean.offsetByCodePoints(0, 255));
    }

    String contentType() {
        var type = form.contentType();
        return type != null && TYPE.matcher(type).matches() ? type : "application/octet-stream";
    }

    /** The bytes of the file, if they are in memory. */
    Optional<ByteBuffer> inMemory() {
        return file.inMemory();
    }

    long size() {
        return file.size();
    }

    InputStream open() throws IOException {
        return file.open();
    }

    @Override
    public void close() {
        file.close();
    }
}
