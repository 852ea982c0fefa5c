package io.jobtrail.bench.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.config.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One answer as it stood on the line.
 *
 * @param status 0 = this is no HTTP
 * @param headers by name in lower case; one that came several times has its values in lines
 */
record Reply(int status, Map<String, String> headers, byte[] body) {
    private static final int MOST_BODY = 64 << 20;
    private static final int MOST_LINE = 64 << 10;

    /** Whether an answer has a body. */
    enum Body {
        AS_TOLD,
        NONE,
        /** HEAD that the server may not have understood: there is one unless the next answer, or the end, follows. */
        IF_IT_FOLLOWS
    }

    /** Null at the end of the stream. Passes over interim answers. */
    static Reply read(InputStream in, Body expected) throws IOException {
        while (true) {
            var first = line(in);
            if (first == null) {
                return null;
            }
            if (!first.matches("HTTP/1\\.[01] [1-5]\\d\\d( .*)?")) {
                return new Reply(0, Map.of(), (first + "\n").getBytes(StandardCharsets.ISO_8859_1));
            }
            int status = Integer.parseInt(first.substring(9, 12));
            var headers = headers(in);
            if (status >= 200 || status == 101) {
                boolean none = status == 204
                        || status == 304
                        || status == 101
                        || expected == Body.NONE
                        || expected == Body.IF_IT_FOLLOWS && isNextAnswer(in);
                return new Reply(status, headers, none ? new byte[0] : body(in, headers));
            }
        }
    }

    private static boolean isNextAnswer(InputStream in) throws IOException {
        in.mark(5);
        var next = new String(in.readNBytes(5), StandardCharsets.ISO_8859_1);
        in.reset();
        return next.isEmpty() || next.equals("HTTP/");
    }

    private static Map<String, String> headers(InputStream in) throws IOException {
        var headers = new HashMap<String, String>();
        for (String line; (line = line(in)) != null && !line.isEmpty(); ) {
            int colon = line.indexOf(':');
            headers.merge(
                    line.substring(0, Math.max(colon, 0)).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip(),
                    (one, other) -> one + "\n" + other);
        }
        return headers;
    }

    private static byte[] body(InputStream in, Map<String, String> headers) throws IOException {
        if ("chunked".equals(headers.get("transfer-encoding"))) {
            return chunks(in);
        }
        var length = headers.get("content-length");
        return in.readNBytes(length == null ? MOST_BODY : (int) Math.min(Long.parseLong(length), MOST_BODY));
    }

    private static byte[] chunks(InputStream in) throws IOException {
        var body = new ByteArrayOutputStream();
        for (String size; (size = line(in)) != null; ) {
            int length = Integer.parseInt(size.split(";")[0].strip(), 16);
            body.writeBytes(in.readNBytes(length));
            line(in);
            if (length == 0) {
                break;
            }
        }
        return body.toByteArray();
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c; (c = in.read()) >= 0; ) {
            if (c == '\n') {
                return line.toString();
            }
            if (c != '\r') {
                line.append((char) c);
            }
            if (line.length() > MOST_LINE) {
                throw new IOException("a line without an end");
            }
        }
        return line.isEmpty() ? null : line.toString();
    }

    /** Empty when there was none. */
    String header(String name) {
        return headers.getOrDefault(name, "");
    }

    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    boolean isJson() {
        return header("content-type").matches("application/(problem\\+)?json.*");
    }

    /** @throws IOException when it is none */
    JsonNode json() throws IOException {
        return Json.MAPPER.readTree(body);
    }

    boolean endsConnection() {
        return header("connection").contains("close") || status == 101 || status == 0;
    }
}
