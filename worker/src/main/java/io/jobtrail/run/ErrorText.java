package io.jobtrail.run;

import io.jobtrail.config.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Turns what a handler threw into text that may be stored and shown: no secrets, no characters Postgres refuses, at most 8 KB. */
final class ErrorText {
    private static final int MAX_BYTES = 8 * 1024;
    private static final Pattern SECRETS = Pattern.compile(
            "(?i)(?<=://)[^\\s/@]+:[^\\s/@]+(?=@)" // user and password of a URL
                    + "|(?<=bearer )[\\w.~+/=-]{8,}"
                    + "|\\bsk-[\\w-]{8,}"
                    + "|(?<=(?:password|passwd|secret|token|api[_-]?key)[\"']?\\s{0,3}[=:]\\s{0,3}[\"']?)[^\\s\"'&,;]+");

    private ErrorText() {}

    /** Message and trace; for a failure that the handler did not foresee. */
    static String of(Throwable thrown) {
        var text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return clean(text.toString());
    }

    static String clean(String text) {
        if (text == null) {
            return "";
        }
        // Cutting first bounds the work of the pattern; a secret that the cut splits lies in the part thrown away
        // below.
        var bounded = text.length() > 2 * MAX_BYTES ? text.substring(0, 2 * MAX_BYTES) : text;
        return cut(Json.clean(SECRETS.matcher(bounded).replaceAll("***")));
    }

    private static String cut(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= MAX_BYTES) {
            return text;
        }
        int end = MAX_BYTES - 3; // room for the ellipsis
        while ((bytes[end] & 0xC0) == 0x80) {
            end--; // not in the middle of a character
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8) + "…";
    }
}
