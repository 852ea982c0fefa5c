package io.jobtrail.api;

import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Who may call. Without an admin key everybody who reaches this process may do all, which is why it then listens on loopback
 * only; with one, every call below {@code /pipeline} must bring it.
 */
final class Access {
    private final byte[] adminKey;

    /** @param adminKey null = development mode */
    Access(String adminKey) {
        this.adminKey = adminKey == null ? null : adminKey.getBytes(StandardCharsets.UTF_8);
    }

    void check(Context ctx) {
        if (adminKey != null && !MessageDigest.isEqual(adminKey, givenKey(ctx).getBytes(StandardCharsets.UTF_8))) {
            ctx.header("WWW-Authenticate", "Bearer");
            throw new ApiError(
                    ErrorCode.UNAUTHORIZED, "X-Admin-Key", "send the key as X-Admin-Key or as Authorization: Bearer");
        }
    }

    /** For the trail: who made the call, as far as is known. */
    String actor(Context ctx) {
        return adminKey == null ? "api:" + ctx.ip() : "admin";
    }

    /** The realm of the call: {@code X-Realm}, or default. */
    static String realm(Context ctx) {
        var realm = ctx.header("X-Realm");
        if (realm == null) {
            return "default";
        }
        if (!realm.matches("[A-Za-z0-9_.-]{1,64}")) {
            throw ApiError.invalid("X-Realm", "must be 1 to 64 letters, digits, '_', '.' or '-'");
        }
        return realm;
    }

    private static String givenKey(Context ctx) {
        var key = ctx.header("X-Admin-Key");
        var authorization = ctx.header("Authorization");
        if (key == null && authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
            key = authorization.substring(7).strip();
        }
        return key == null ? "" : key;
    }
}
