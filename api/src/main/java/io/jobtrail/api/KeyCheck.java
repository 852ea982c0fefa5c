package io.jobtrail.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.javalin.http.Context;
import io.jobtrail.access.GivenKey;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Whose key it is that a caller gives. Wrong ones are counted by address: after too many only keys that were right from there
 * before are looked at until the window is over, so that nobody can go on guessing, and nobody who is signed in is shut out.
 */
final class KeyCheck {
    private static final Duration REMEMBERED = Duration.ofHours(12);
    private static final int MOST_REMEMBERED = 10_000;

    private final String adminKey;
    private final KnownKeys keys;
    private final Quota wrongKeys;
    private final Addresses addresses;
    private final AccessLog log;
    private final Cache<Proof, Boolean> proven;

    KeyCheck(String adminKey, KnownKeys keys, Quota wrongKeys, Addresses addresses, AccessLog log, Ticker clock) {
        this.adminKey = adminKey;
        this.keys = keys;
        this.wrongKeys = wrongKeys;
        this.addresses = addresses;
        this.log = log;
        proven = Caffeine.newBuilder()
                .ticker(clock)
                .maximumSize(MOST_REMEMBERED)
                .expireAfterAccess(REMEMBERED)
                .build();
    }

    private record Proof(String network, String keyHash) {}

    Principal principal(Context ctx, GivenKey given) {
        var network = addresses.network(ctx);
        var proof = new Proof(network, HexFormat.of().formatHex(KnownKeys.hash(given.text())));
        if (wrongKeys.isUsedUp(network) && proven.getIfPresent(proof) == null) {
            log.refusedKey(ctx);
            throw ApiError.tooMany(
                    ctx,
                    wrongKeys.secondsLeft(network),
                    "%d wrong keys came from %s within a minute; no other is looked at for now"
                            .formatted(wrongKeys.limit, addresses.of(ctx)));
        }
        var principal = given.is(adminKey) ? Optional.of(Principal.ADMIN) : keys.byKey(given.text());
        if (principal.isEmpty()) {
            wrongKeys.count(network);
            log.refusedKey(ctx);
            throw ApiError.unauthorized(ctx, given.field(), "this key is not valid");
        }
        proven.put(proof, true);
        return principal.get();
    }
}
