package io.jobtrail.bench.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Fixed texts in requests for keys and ids that are new in each system. They are as long as what they stand for, so that a
 * request can be made and damaged from the seed alone, kept in a file, and sent to another system later. For many threads.
 */
final class StandIns {
    private final Map<String, String> real = new ConcurrentHashMap<>();

    static String key(String realm, String role) {
        return "jtk_%064x".formatted(0xf000_0000L + number(realm + role));
    }

    static String id(String realm, String kind) {
        return "0190f000-0000-7000-8000-%012x".formatted(0xf_0000_0000L + number(realm + kind));
    }

    private static long number(String name) {
        return Integer.toUnsignedLong(name.hashCode());
    }

    void put(String standIn, String stood) {
        if (standIn.length() != stood.length()) {
            throw new IllegalArgumentException(stood.length() + " characters cannot be stood for by " + standIn);
        }
        real.put(standIn, stood);
    }

    /** The request as this system has to get it. */
    byte[] replaced(byte[] request) {
        return replaced(new String(request, StandardCharsets.ISO_8859_1)).getBytes(StandardCharsets.ISO_8859_1);
    }

    String replaced(String text) {
        var replaced = text;
        for (var entry : real.entrySet()) {
            replaced = replaced.replace(entry.getKey(), entry.getValue());
        }
        return replaced;
    }
}
