package io.jobtrail.api;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a signed-in browser carries: whose session it is and until when, signed, so that every process understands it and none
 * has to remember it. The signature rests on the admin key: with another one all sessions end. Does not know who has signed out.
 */
final class SessionTokens {
    static final Duration LASTS = Duration.ofHours(12);

    private static final Pattern FORM =
            Pattern.compile("(?<subject>admin|[0-9a-f-]{36})\\.(?<expires>\\d{1,12})\\.[0-9a-f]{32}\\.[0-9a-f]{64}");

    /**
     * Whoever has a session can try admin keys against its signature, without asking us. A random key cannot be found so; for
     * a poor one each guess is made this much dearer. It is done once in a process, when the first session is seen.
     */
    private static final int ITERATIONS = 600_000;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final String adminKey;
    private final Clock clock;
    private SecretKeySpec secret;

    SessionTokens(String adminKey, Clock clock) {
        this.adminKey = adminKey;
        this.clock = clock;
    }

    /** @param keyId null = the admin's */
    record Session(UUID keyId, Instant expires) {}

    String issue(UUID keyId) {
        var nonce = new byte[16];
        RANDOM.nextBytes(nonce);
        var text = "%s.%d.%s"
                .formatted(
                        keyId == null ? "admin" : keyId,
                        clock.instant().plus(LASTS).getEpochSecond(),
                        HexFormat.of().formatHex(nonce));
        return text + "." + sign("session " + text);
    }

    /** Empty when this server has not issued it, or it has expired. */
    Optional<Session> read(String token) {
        var parts = FORM.matcher(token);
        if (!parts.matches()) {
            return Optional.empty();
        }
        int end = token.lastIndexOf('.');
        var expires = Instant.ofEpochSecond(Long.parseLong(parts.group("expires")));
        if (!same(sign("session " + token.substring(0, end)), token.substring(end + 1))
                || !clock.instant().isBefore(expires)) {
            return Optional.empty();
        }
        var subject = parts.group("subject");
        return Optional.of(new Session(subject.equals("admin") ? null : UUID.fromString(subject), expires));
    }

    /** What a page of this server knows of the session, and no other page can. */
    String csrf(String token) {
        return sign("csrf " + token);
    }

    boolean isCsrf(String given, String token) {
        return given != null && same(csrf(token), given);
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private String sign(String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(secret());
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HMAC-SHA256", e);
        }
    }

    private synchronized SecretKeySpec secret() throws GeneralSecurityException {
        if (secret == null) {
            var salt = "jobtrail session".getBytes(StandardCharsets.UTF_8);
            var derived = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(adminKey.toCharArray(), salt, ITERATIONS, 256));
            secret = new SecretKeySpec(derived.getEncoded(), "HmacSHA256");
        }
        return secret;
    }
}
