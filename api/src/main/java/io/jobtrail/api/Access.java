package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.Names;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.regex.Pattern;

/**
 * Who may call. With an admin key every call below {@code /pipeline} must bring it. Without one everybody who reaches this
 * process may do all, which is why it then listens on loopback only; and because any web page can make a browser on this machine
 * call it, the names it is called by are checked too.
 */
final class Access {
    private static final Pattern LOOPBACK = Pattern.compile("(?i)127(\\.\\d{1,3}){3}|localhost|\\[::1]");
    private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");

    private final byte[] adminKey;
    private final boolean anyHost;

    /**
     * @param adminKey null = development mode
     * @param anyHost whether, without a key, calls may come from other machines
     */
    Access(String adminKey, boolean anyHost) {
        this.adminKey = adminKey == null ? null : adminKey.getBytes(StandardCharsets.UTF_8);
        this.anyHost = anyHost;
    }

    /** @param host name or address, that of IPv6 in brackets */
    static boolean isLoopback(String host) {
        return LOOPBACK.matcher(host).matches();
    }

    void check(Context ctx) {
        if (adminKey == null) {
            refuseForeignPages(ctx);
        } else if (!MessageDigest.isEqual(adminKey, givenKey(ctx).getBytes(StandardCharsets.UTF_8))) {
            ctx.header("WWW-Authenticate", "Bearer");
            throw new ApiError(
                    ErrorCode.UNAUTHORIZED, "X-Admin-Key", "send the key as X-Admin-Key or as Authorization: Bearer");
        }
    }

    /**
     * A page can let its own name lead to this machine, so the name must be one of loopback; and it can send forms, but not
     * without its origin. What is no browser sends no origin.
     */
    private void refuseForeignPages(Context ctx) {
        var host = ctx.header("Host") == null ? "" : ctx.header("Host");
        if (!anyHost && !isLoopback(PORT.matcher(host).replaceFirst(""))) {
            throw new ApiError(
                    ErrorCode.FORBIDDEN_HOST,
                    "Host",
                    "without ADMIN_API_KEY only localhost is served; set it, or ALLOW_ANONYMOUS=true if you mean it");
        }
        var origin = ctx.header("Origin");
        if (origin != null && !origin.replaceFirst("^https?://", "").equalsIgnoreCase(host)) {
            throw new ApiError(
                    ErrorCode.FORBIDDEN_ORIGIN, "Origin", "without ADMIN_API_KEY no page of another site is served");
        }
    }

    /** For the trail: who made the call, as far as is known. */
    String actor(Context ctx) {
        return adminKey == null ? "api:" + ctx.ip() : "admin";
    }

    /**
     * The same for calls that act on jobs, once it is known that the caller may: at present all may who were let in. To be
     * asked first.
     */
    String operator(Context ctx) {
        return actor(ctx);
    }

    /** The realm of the call: {@code X-Realm}, or default. */
    static String realm(Context ctx) {
        var realm = ctx.header("X-Realm");
        if (realm == null) {
            return "default";
        }
        if (!Names.isValid(realm)) {
            throw ApiError.invalid("X-Realm", Names.RULE);
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
