package io.jobtrail.bench.speed.tally;

import java.util.LinkedHashMap;
import java.util.Map;

/** What every job of every contestant carries: about 200 bytes of JSON with the time at which it was sent. */
public final class Payload {
    private static final String SENT = "sent";
    private static final String TEXT = "x".repeat(160);

    private Payload() {}

    /** @param sent as {@link Tally#now()} tells */
    public static Map<String, Object> map(long sent) {
        var payload = new LinkedHashMap<String, Object>();
        payload.put(SENT, sent);
        payload.put("text", TEXT);
        return payload;
    }

    public static String json(long sent) {
        return "{\"" + SENT + "\":" + sent + ",\"text\":\"" + TEXT + "\"}";
    }

    public static long sent(Map<String, Object> payload) {
        return ((Number) payload.get(SENT)).longValue();
    }

    /** Finds it in any JSON that contains {@link #json}, with or without blanks. */
    public static long sent(String json) {
        int at = json.indexOf(SENT) + SENT.length() + 1;
        while (!isDigit(json.charAt(at))) {
            at++;
        }
        long sent = 0;
        for (; isDigit(json.charAt(at)); at++) {
            sent = sent * 10 + json.charAt(at) - '0';
        }
        return sent;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
