package io.jobtrail.bench.storm;

import io.jobtrail.config.Json;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one submission tells the storm's handler to do; the {@code input} of a job, or the {@code options} beside its document.
 *
 * @param n number of the submission
 * @param millis how long an attempt takes
 */
record Order(int n, int millis, Failing fail) {
    enum Failing {
        NEVER,
        /** The first attempt fails, and may be tried again. */
        ONCE,
        /** Every attempt fails for good. */
        PERMANENT
    }

    Map<String, Object> toMap() {
        return Map.of("n", n, "millis", millis, "fail", fail.name().toLowerCase(Locale.ROOT));
    }

    static Order of(Map<String, Object> map) {
        var fail = Failing.valueOf(map.get("fail").toString().toUpperCase(Locale.ROOT));
        return new Order((int) map.get("n"), (int) map.get("millis"), fail);
    }

    /** The same bytes for the same object, in whatever order its keys came out of the database. */
    static byte[] canonicalBytes(Map<String, Object> object) {
        return Json.write(new TreeMap<>(object)).getBytes(StandardCharsets.UTF_8);
    }
}
