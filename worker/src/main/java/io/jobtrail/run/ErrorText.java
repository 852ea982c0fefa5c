package io.jobtrail.run;

import io.jobtrail.config.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Turns what a handler threw into text that may be stored and shown: no secrets, no characters Postgres refuses, at most 8 KB. */
final class ErrorText {
    private static final int MAX_BYTES = 8 * 1024;
    private static final int MAX_CAUSES = 10;
    private static final int MAX_FRAMES = 12;
    private static final Pattern SECRETS = Pattern.compile(
            "(?i)(?<=://)[^\\s/@]*:[^\\s/@]+(?=@)" // user and password of a URL
                    + "|(?<=bearer )[\\w.~+/=-]{8,}"
                    + "|\\bsk-[\\w-]{8,}"
                    + "|(?<=(?:password|passwd|secret|token|api[_-]?key)[\"']?\\s{0,3}[=:]\\s{0,3}[\"']?)[^\\s\"'&,;]+");

    private ErrorText() {}

    /**
     * Message and trace; for a failure that the handler did not foresee. Of each trace only the beginning, so that the last
     * cause, which is mostly the one that matters, is not what the cut takes away.
     */
    static String of(Throwable thrown) {
        var text = new StringBuilder();
        try {
            int depth = 0;
            for (var cause = thrown; cause != null && depth < MAX_CAUSES; cause = cause.getCause(), depth++) {
                text.append(depth == 0 ? "" : "\nCaused by: ").append(cause);
                Arrays.stream(cause.getStackTrace())
                        .limit(MAX_FRAMES)
                        .forEach(frame -> text.append("\n\tat ").append(frame));
            }
        } catch (RuntimeException | Error e) {
            // Its own getMessage failed, which must not keep the failure from being recorded.
            text.append(thrown.getClass().getName());
        }
        return clean(text.toString());
    }

    static String clean(String text) {
        if (text == null) {
            return "";
        }
        // Only the part that will be shown is masked, as the work of the pattern must be bounded; it sees twice as
        // much, so
        // that a secret across the cut is seen whole.
        var seen = text.length() > 2 * MAX_BYTES ? text.substring(0, 2 * MAX_BYTES) : text;
        var shown = Math.min(seen.length(), MAX_BYTES + 1);
        var masked = new StringBuilder();
        int from = 0;
        for (var secrets = SECRETS.matcher(seen); from < shown && secrets.find() && secrets.start() < shown; ) {
            masked.append(seen, from, secrets.start()).append("***");
            from = secrets.end();
        }
        masked.append(seen, from, Math.max(from, shown));
        return cut(Json.clean(masked.toString()));
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
