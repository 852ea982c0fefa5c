package io.jobtrail.api;

import io.javalin.http.Context;
import java.util.List;
import java.util.Map;

/** A multipart request with its files, received whole; the bytes are gone once it is closed. Knows nothing of jobs. */
final class Upload implements AutoCloseable {
    private final FormParts form;

    private Upload(FormParts form) {
        this.form = form;
    }

    static Upload receive(Context ctx, FormParts.Rule rule, Staging staging) {
        long length = ctx.req().getContentLengthLong();
        var form = new FormParts(rule, () -> staging.newFile(length < 0 ? Long.MAX_VALUE : length));
        try {
            form.read(ctx.req());
            return new Upload(form);
        } catch (Throwable e) {
            form.close();
            throw e;
        }
    }

    Map<String, String> fields() {
        return form.fields();
    }

    /** At least one, each with bytes. */
    List<UploadedFile> files() {
        return form.files();
    }

    @Override
    public void close() {
        form.close();
    }
}
