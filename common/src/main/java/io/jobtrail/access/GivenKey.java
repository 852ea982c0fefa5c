package io.jobtrail.access;

import io.jobtrail.document.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The key that a request brings in a header, whosever it is: any of them takes any key.
 *
 * @param field the header
 */
public record GivenKey(String field, String text) {
    public static final String ADMIN_HEADER = "X-Admin-Key";

    private static final int SHORT = 16;

    /**
     * Null when there is none.
     *
     * @param header by its name; null when it was not sent
     */
    public static GivenKey of(UnaryOperator<String> header) {
        for (var name : new String[] {ADMIN_HEADER, "X-Api-Key"}) {
            var value = header.apply(name);
            if (value != null) {
                return new GivenKey(name, value);
            }
        }
        var authorization = header.apply("Authorization");
        return authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7)
                ? new GivenKey("Authorization", authorization.substring(7).strip())
                : null;
    }

    /** As hashes, so that neither the time nor the length of what is compared tells anything. */
    public boolean is(String key) {
        return MessageDigest.isEqual(digest(text), digest(key));
    }

    /**
     * What is wrong with a key that somebody has thought up, in words that go on after its name; empty when nothing is.
     *
     * @param key null = there is none, which is no weakness of it
     */
    public static Optional<String> weakness(String key) {
        return key == null || key.length() >= SHORT
                ? Optional.empty()
                : Optional.of("has fewer than " + SHORT + " characters: whoever tries long enough finds it");
    }

    private static byte[] digest(String key) {
        return Sha256.digest().digest(key.getBytes(StandardCharsets.UTF_8));
    }
}
