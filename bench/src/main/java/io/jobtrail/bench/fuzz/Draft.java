package io.jobtrail.bench.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** One request before it is bytes, so that it can be made wrong piece by piece. */
final class Draft {
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z-]+");
    private static final Pattern TARGET = Pattern.compile("/[\\x21-\\x7E]{0,4000}");
    private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7E]{0,2000}");

    record Header(String name, String value) {}

    final List<Header> headers = new ArrayList<>();
    String method;
    String target;
    byte[] body = {};
    boolean chunked;

    Draft(String method, String target) {
        this.method = method;
        this.target = target;
    }

    Draft header(String name, String value) {
        headers.add(new Header(name, value));
        return this;
    }

    /** Whether the server can tell where it begins and ends, and so has to answer it. */
    boolean isSound() {
        return TOKEN.matcher(method).matches()
                && !method.equals("CONNECT")
                && !method.equals("PRI")
                && TARGET.matcher(target).matches()
                && headers.stream()
                        .allMatch(header -> VALUE.matcher(header.value()).matches());
    }

    byte[] bytes() {
        var out = new ByteArrayOutputStream();
        var head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        headers.forEach(header ->
                head.append(header.name()).append(": ").append(header.value()).append("\r\n"));
        if (chunked) {
            head.append("Transfer-Encoding: chunked\r\n");
        } else if (body.length > 0 || method.equals("POST")) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        write(out, head + "\r\n");
        if (chunked) {
            int half = body.length / 2;
            chunk(out, 0, half);
            chunk(out, half, body.length - half);
            write(out, "0\r\n\r\n");
        } else {
            out.writeBytes(body);
        }
        return out.toByteArray();
    }

    private void chunk(ByteArrayOutputStream out, int from, int length) {
        if (length > 0) {
            write(out, Integer.toHexString(length) + "\r\n");
            out.write(body, from, length);
            write(out, "\r\n");
        }
    }

    private static void write(ByteArrayOutputStream out, String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }
}
