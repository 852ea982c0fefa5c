package io.jobtrail.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.jobtrail.store.EndedSessions;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The sessions of browsers: what their cookies say, unless somebody has signed out. That is remembered for as long as a key is, so a
 * session ends at once in the process that ended it, and in another when it is asked for again.
 */
final class KnownSessions {
    private static final int MOST_REMEMBERED = 10_000;

    private final SessionTokens tokens;
    private final EndedSessions ended;
    private final Cache<String, Boolean> known;

    KnownSessions(SessionTokens tokens, EndedSessions ended, Ticker clock) {
        this.tokens = tokens;
        this.ended = ended;
        known = Caffeine.newBuilder()
                .ticker(clock)
                .maximumSize(MOST_REMEMBERED)
                .expireAfterWrite(KnownKeys.FRESH)
                .build();
    }

    /** A new one, to be handed out. */
    String issue(Principal principal) {
        return tokens.issue(principal.keyId());
    }

    /** Empty when it is none, or none any more. What was not signed here costs no question. */
    Optional<SessionTokens.Session> read(String token) {
        return tokens.read(token).filter(session -> !isEnded(token));
    }

    private boolean isEnded(String token) {
        var hash = KnownKeys.hash(token);
        return known.get(HexFormat.of().formatHex(hash), any -> ended.contains(hash));
    }

    /** For every copy of the cookie. What is no session is none afterwards. */
    void end(String token) {
        tokens.read(token).ifPresent(session -> {
            var hash = KnownKeys.hash(token);
            ended.add(hash, session.expires());
            known.put(HexFormat.of().formatHex(hash), true);
        });
    }

    String csrf(String token) {
        return tokens.csrf(token);
    }

    boolean isCsrf(String given, String token) {
        return tokens.isCsrf(given, token);
    }
}
