package io.jobtrail.bench.fuzz;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * A request and what came of it.
 *
 * @param operation that it was made of
 * @param request as it was sent
 * @param manner how it was sent, which says what has to come back
 */
record Exchange(String operation, byte[] request, Manner manner, List<Reply> replies, Duration took) {
    enum Manner {
        /** The server can tell where it ends: it answers, once. */
        SOUND,
        /** Or it may be anything: it may also just be ended, or be several requests. */
        DAMAGED,
        /** The answer may take long, or have no end. */
        ENDLESS
    }

    /** With bytes as characters. */
    String sent() {
        return new String(request, StandardCharsets.ISO_8859_1);
    }
}
