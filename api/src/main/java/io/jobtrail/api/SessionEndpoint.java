package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.access.GivenKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Set;

/** {@code /pipeline/session}: exchanges a key for a cookie, so that no page has to keep the key. */
final class SessionEndpoint {
    /** Everybody may send it. */
    private static final int MAX_BODY = 4_096;

    private final KeyCheck keyCheck;
    private final KnownSessions sessions;
    private final AccessLog log;

    /** @param keyCheck null = development mode, where nobody has to sign in; sessions too, then */
    SessionEndpoint(KeyCheck keyCheck, KnownSessions sessions, AccessLog log) {
        this.keyCheck = keyCheck;
        this.sessions = sessions;
        this.log = log;
    }

    /** {@code POST}: open to everybody. As its body must be JSON, no form of another site can send it. */
    void signIn(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var key = JsonBody.of(ctx, MAX_BODY).onlyKnown(Set.of("key")).text("key");
        if (keyCheck != null) {
            if (key == null || key.isBlank()) {
                throw ApiError.invalid("key", "must be given");
            }
            var principal = keyCheck.principal(ctx, new GivenKey("key", key.strip()));
            SessionCookie.set(ctx, sessions.issue(principal));
            log.signedIn(ctx, principal);
        }
        ctx.status(204);
    }

    /** {@code GET}: who the caller is. */
    void show(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var principal = Principal.of(ctx);
        var token = keyCheck == null ? null : SessionCookie.inUse(ctx);
        var answer = new LinkedHashMap<String, Object>();
        answer.put("by", keyCheck == null ? "development" : token == null ? "key" : "session");
        answer.put("role", principal.role().wireName());
        answer.put(
                "rights",
                Arrays.stream(Right.values())
                        .filter(right -> right != Right.OPEN && principal.role().may(right))
                        .map(Right::wireName)
                        .toList());
        answer.put("realm", principal.realm());
        answer.put("actor", principal.actor());
        answer.put("csrf_token", token == null ? null : sessions.csrf(token));
        answer.put("expires_at", token == null ? null : expires(ctx, token));
        ctx.json(answer);
    }

    /** The session may have ended since it was asked for. */
    private Instant expires(Context ctx, String token) {
        return sessions.read(token)
                .orElseThrow(() -> ApiError.unauthorized(ctx, "Cookie", "the session has ended: sign in again"))
                .expires();
    }

    /** {@code DELETE}: ends it for everybody who has the cookie. */
    void signOut(Context ctx) {
        JobsEndpoint.onlyKnown(ctx, Set.of());
        var token = keyCheck == null ? null : SessionCookie.of(ctx);
        if (token != null) {
            sessions.end(token);
        }
        SessionCookie.remove(ctx);
        ctx.status(204);
    }
}
