package io.jobtrail.bench.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;

/** A multipart form, written part by part, right or wrong at its borders. */
final class FormBody {
    private static final String BOUNDARY = "fuzz-boundary";

    private final RandomGenerator random;
    private final List<byte[]> parts = new ArrayList<>();
    private String lineEnd = "\r\n";
    private String boundary = BOUNDARY;
    private String declared = BOUNDARY;
    private String end = "--";

    FormBody(RandomGenerator random) {
        this.random = random;
    }

    void field(String name, String value) {
        part("form-data; name=\"" + name + "\"", value.getBytes(StandardCharsets.UTF_8));
    }

    void file(String field, String filename, byte[] bytes) {
        part(
                "form-data; name=\"" + field + "\"; filename=\"" + filename + "\"" + lineEnd
                        + "Content-Type: text/plain",
                bytes);
    }

    private void part(String disposition, byte[] bytes) {
        var out = new ByteArrayOutputStream();
        write(out, "--" + boundary + lineEnd + "Content-Disposition: " + disposition + lineEnd + lineEnd);
        out.writeBytes(bytes);
        write(out, lineEnd);
        parts.add(out.toByteArray());
    }

    /** Before any part is added: these hold for all of them. */
    void spoilBorders() {
        switch (random.nextInt(8)) {
            case 0 -> declared = "another";
            case 1 -> declared = "";
            case 2 -> lineEnd = "\n";
            case 3 -> end = "";
            case 4 -> {
                boundary = "b".repeat(200);
                declared = boundary;
            }
            case 5 -> {
                boundary = "a b";
                declared = "\"a b\"";
            }
            case 6 -> end = "--" + lineEnd + "an epilogue" + lineEnd + "--" + boundary + "--";
            default -> parts.add(("a preamble" + lineEnd).getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Once all parts are there. */
    void spoilParts() {
        switch (random.nextInt(9)) {
            case 0 -> field(Nasty.text(random), Nasty.text(random));
            case 1 -> part("form-data; filename=\"nameless\"", new byte[] {1});
            case 2 -> part("attachment; name=\"file\"", new byte[] {1});
            case 3 -> part(Nasty.text(random), new byte[] {1});
            case 4 -> part("form-data; name=\"a\"" + lineEnd + "X-Long: " + "y".repeat(9_000), new byte[] {1});
            case 5 -> parts.addAll(Collections.nCopies(random.nextInt(150), parts.get(parts.size() - 1)));
            case 6 -> parts.remove(random.nextInt(parts.size()));
            case 7 ->
                part(
                        "form-data; name=\"file\"" + lineEnd + "Content-Type: multipart/mixed; boundary=in",
                        ("--in" + lineEnd + "Content-Disposition: file; filename=\"in\"" + lineEnd + lineEnd + "x"
                                        + lineEnd + "--in--")
                                .getBytes(StandardCharsets.UTF_8));
            default -> part("form-data; name=\"file\"; filename*=UTF-8''a%0d%0ab%zz", new byte[] {1});
        }
    }

    String contentType() {
        return "multipart/form-data; boundary=" + declared;
    }

    byte[] bytes() {
        var out = new ByteArrayOutputStream();
        parts.forEach(out::writeBytes);
        if (!end.isEmpty()) {
            write(out, "--" + boundary + end + lineEnd);
        }
        return out.toByteArray();
    }

    private static void write(ByteArrayOutputStream out, String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }
}
