package io.jobtrail.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.jobtrail.document.Sha256;
import io.jobtrail.store.ApiKeys;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The keys of the realms, remembered for a moment so that not every request asks the database. A key that this process revokes
 * ends at once, one that another revokes when it is asked for again.
 */
final class KnownKeys {
    /** For so long a revoked key may still work in other processes. */
    static final Duration FRESH = Duration.ofSeconds(5);

    /** A prefix by which people, and programs that search for leaked secrets, recognise it; then 256 random bits. */
    private static final String PREFIX = "jtk_";

    private static final Pattern FORM = Pattern.compile(PREFIX + "[0-9a-f]{64}");
    private static final int MOST_REMEMBERED = 10_000;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final ApiKeys keys;
    private final Cache<Object, Optional<Principal>> principals;
    private final Cache<UUID, Boolean> revoked;
    private final Set<UUID> used = ConcurrentHashMap.newKeySet();

    KnownKeys(ApiKeys keys, Ticker clock) {
        this.keys = keys;
        principals = Caffeine.newBuilder()
                .ticker(clock)
                .maximumSize(MOST_REMEMBERED)
                .expireAfterWrite(FRESH)
                .build();
        // Also for a question that was under way while the key was revoked, and brings it back.
        revoked = Caffeine.newBuilder()
                .ticker(clock)
                .maximumSize(MOST_REMEMBERED)
                .expireAfterWrite(Duration.ofMinutes(5))
                .build();
    }

    static String newKey() {
        var bits = new byte[32];
        RANDOM.nextBytes(bits);
        return PREFIX + HexFormat.of().formatHex(bits);
    }

    /** What the database knows a key by. */
    static byte[] hash(String key) {
        return Sha256.digest().digest(key.getBytes(StandardCharsets.UTF_8));
    }

    /** Empty when it is no key, or not any more. What does not even look like one costs no question. */
    Optional<Principal> byKey(String key) {
        if (!FORM.matcher(key).matches()) {
            return Optional.empty();
        }
        var hash = hash(key);
        return remembered(HexFormat.of().formatHex(hash), () -> keys.valid(hash));
    }

    Optional<Principal> byId(UUID id) {
        return remembered(id, () -> keys.valid(id));
    }

    /** Many that ask for the same at once wait for one answer. */
    private Optional<Principal> remembered(Object name, Supplier<Optional<ApiKeys.ApiKey>> asked) {
        var principal = principals
                .get(name, any -> asked.get().map(KnownKeys::principal))
                .filter(found -> revoked.getIfPresent(found.keyId()) == null);
        principal.ifPresent(found -> used.add(found.keyId()));
        return principal;
    }

    void revoked(UUID id) {
        revoked.put(id, true);
    }

    /** Notes which keys were used since the last time. */
    void noteUse() {
        if (used.isEmpty()) {
            return;
        }
        var now = Set.copyOf(used);
        used.removeAll(now);
        try {
            keys.used(now);
        } catch (RuntimeException e) {
            used.addAll(now);
            throw e;
        }
    }

    /** The id after the label, which may stand for several keys. */
    private static Principal principal(ApiKeys.ApiKey key) {
        return new Principal(
                Role.of(key.role()).orElseThrow(), key.realm(), "key:" + key.label() + "/" + key.id(), key.id());
    }
}
