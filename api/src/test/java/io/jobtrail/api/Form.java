package io.jobtrail.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The bytes of a multipart form, written part by part so that a test can also write what no browser would send. */
final class Form {
    static final String BOUNDARY = "----boundary-of-the-tests";

    private final ByteArrayOutputStream parts = new ByteArrayOutputStream();

    /** A form with one file and nothing else. */
    static Form of(String filename, byte[] bytes) {
        return new Form().file(filename, "application/octet-stream", bytes);
    }

    /** A memo with these words. */
    static Form text(String words) {
        return of("memo.txt", words.getBytes(StandardCharsets.UTF_8));
    }

    /** For a batch: one file for each of these. */
    static Form texts(String... words) {
        var form = new Form();
        for (var text : words) {
            form.part("name=\"files\"; filename=\"a.txt\"", text.getBytes(StandardCharsets.UTF_8));
        }
        return form;
    }

    Form file(String filename, String contentType, byte[] bytes) {
        return part("name=\"file\"; filename=\"" + filename + "\"\r\nContent-Type: " + contentType, bytes);
    }

    Form field(String name, String value) {
        return part("name=\"" + name + "\"", value.getBytes(StandardCharsets.UTF_8));
    }

    /** @param disposition what follows {@code form-data;}, with further header lines if wanted */
    Form part(String disposition, byte[] bytes) {
        write(("--" + BOUNDARY + "\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8));
        write(bytes);
        write("\r\n".getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    String contentType() {
        return "multipart/form-data; boundary=" + BOUNDARY;
    }

    byte[] bytes() {
        var whole = new ByteArrayOutputStream();
        whole.writeBytes(parts.toByteArray());
        whole.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.US_ASCII));
        return whole.toByteArray();
    }

    private void write(byte[] bytes) {
        try {
            parts.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
