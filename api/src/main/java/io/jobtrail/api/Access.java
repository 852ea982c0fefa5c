package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.access.GivenKey;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Who may call, asked before every route by what the route states. With an admin key each call must bring a key or the session
 * of one. Without one everybody who reaches this process may do all, which is why it then listens on loopback only; and because
 * any web page can make a browser on this machine call it, the names it is called by are checked too.
 */
final class Access {
    private static final Pattern LOOPBACK = Pattern.compile("(?i)127(\\.\\d{1,3}){3}|localhost|\\[::1]");
    private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");
    private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD", "OPTIONS");

    private final KeyCheck keyCheck;
    private final KnownKeys keys;
    private final KnownSessions sessions;
    private final RequestLimit limit;
    private final AccessLog log;
    private final boolean anyHost;

    /**
     * @param keyCheck null = development mode
     * @param sessions null, too, then
     * @param anyHost whether, in it, calls may come from other machines
     */
    Access(
            KeyCheck keyCheck,
            KnownKeys keys,
            KnownSessions sessions,
            RequestLimit limit,
            AccessLog log,
            boolean anyHost) {
        this.keyCheck = keyCheck;
        this.keys = keys;
        this.sessions = sessions;
        this.limit = limit;
        this.log = log;
        this.anyHost = anyHost;
    }

    /** @param host name or address, that of IPv6 in brackets */
    static boolean isLoopback(String host) {
        return LOOPBACK.matcher(host).matches();
    }

    /** Before every route that was found: lets the caller in as a {@link Principal}, or throws. */
    void check(Context ctx) {
        var needed = needed(ctx);
        if (needed == Right.OPEN) {
            return;
        }
        var principal = identify(ctx);
        limit.count(ctx, principal);
        var asked = Principal.realmHeader(ctx);
        if (asked != null && !principal.sees(asked)) {
            throw ApiError.foreignRealm("X-Realm", principal.realm());
        }
        if (!principal.role().may(needed)) {
            log.refusedRole(ctx, principal);
            throw new ApiError(
                    ErrorCode.FORBIDDEN,
                    null,
                    "a key with the role %s may not do this"
                            .formatted(principal.role().wireName()));
        }
        principal.enters(ctx);
    }

    /** For an answer that comes later, or goes on, after the request was let in. */
    Permission permission(Context ctx) {
        var keyId = Principal.of(ctx).keyId();
        var key = GivenKey.of(ctx::header);
        var token = keyCheck == null ? null : SessionCookie.inUse(ctx);
        return new Permission(
                key == null ? "Cookie" : key.field(),
                () -> (keyId == null || keys.byId(keyId).isPresent())
                        && (token == null || sessions.read(token).isPresent()));
    }

    /**
     * Whether the caller may know of something that is of this realm; if not, it has to be answered exactly as if it did not
     * exist, and that somebody asked for it is remembered.
     */
    static boolean sees(Context ctx, String realm) {
        boolean sees = Principal.of(ctx).sees(realm);
        if (!sees) {
            ctx.appData(AccessLog.KEY).refusedRealm(ctx, realm);
        }
        return sees;
    }

    /** A route that does not say what it asks for, or says several things, is only for the admin. */
    private static Right needed(Context ctx) {
        var stated = ctx.routeRoles();
        return stated.size() == 1 && stated.iterator().next() instanceof Right right ? right : Right.ADMINISTER;
    }

    private Principal identify(Context ctx) {
        if (keyCheck == null) {
            refuseForeignPages(ctx);
            return new Principal(Role.ADMIN, null, "api:" + ctx.ip(), null);
        }
        var key = GivenKey.of(ctx::header);
        if (key != null) {
            return keyCheck.principal(ctx, key);
        }
        var token = SessionCookie.of(ctx);
        if (token == null) {
            throw ApiError.unauthorized(
                    ctx, GivenKey.ADMIN_HEADER, "send a key as X-Admin-Key, X-Api-Key or as Authorization: Bearer");
        }
        return signedIn(ctx, token);
    }

    private Principal signedIn(Context ctx, String token) {
        var principal = sessions.read(token)
                .flatMap(session -> session.keyId() == null ? Optional.of(Principal.ADMIN) : keys.byId(session.keyId()))
                .orElseThrow(() -> {
                    SessionCookie.remove(ctx);
                    return ApiError.unauthorized(ctx, "Cookie", "the session has ended: sign in again");
                });
        if (!SAFE_METHODS.contains(ctx.method().name()) && !sessions.isCsrf(ctx.header("X-CSRF-Token"), token)) {
            log.refusedCsrf(ctx, principal);
            throw new ApiError(
                    ErrorCode.INVALID_CSRF_TOKEN,
                    "X-CSRF-Token",
                    "with a session, X-CSRF-Token must be the csrf_token of GET /pipeline/session");
        }
        return principal;
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
}
