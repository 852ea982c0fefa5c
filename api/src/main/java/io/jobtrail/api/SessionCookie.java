package io.jobtrail.api;

import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.SameSite;
import io.jobtrail.access.GivenKey;
import java.time.Duration;

/** Where a browser keeps its session: out of reach of scripts, and of pages of other sites. */
final class SessionCookie {
    private static final String NAME = "jobtrail_session";

    private SessionCookie() {}

    /** Null when there is none. */
    static String of(Context ctx) {
        return ctx.cookie(NAME);
    }

    /** That of the caller who is let in by it; a key in a header counts before it. Null when there is none. */
    static String inUse(Context ctx) {
        return GivenKey.of(ctx::header) == null ? of(ctx) : null;
    }

    static void set(Context ctx, String token) {
        write(ctx, token, SessionTokens.LASTS);
    }

    static void remove(Context ctx) {
        write(ctx, "", Duration.ZERO);
    }

    private static void write(Context ctx, String value, Duration age) {
        ctx.cookie(new Cookie(NAME, value, "/", (int) age.toSeconds(), isHttps(ctx), true, null, SameSite.STRICT));
    }

    /** The header may be made up, but only by the one whose own cookie it is about. */
    private static boolean isHttps(Context ctx) {
        var forwarded = ctx.header("X-Forwarded-Proto");
        return ctx.scheme().equals("https")
                || forwarded != null && forwarded.split(",", 2)[0].strip().equalsIgnoreCase("https");
    }
}
