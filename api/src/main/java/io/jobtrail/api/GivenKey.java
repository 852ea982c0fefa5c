package io.jobtrail.api;

import io.javalin.http.Context;

/**
 * The key that a request brings in a header, whosever it is: any of them takes any key.
 *
 * @param field the header
 */
record GivenKey(String field, String text) {
    static final String ADMIN_HEADER = "X-Admin-Key";

    /** Null when there is none. */
    static GivenKey of(Context ctx) {
        for (var header : new String[] {ADMIN_HEADER, "X-Api-Key"}) {
            if (ctx.header(header) != null) {
                return new GivenKey(header, ctx.header(header));
            }
        }
        var authorization = ctx.header("Authorization");
        return authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7)
                ? new GivenKey("Authorization", authorization.substring(7).strip())
                : null;
    }
}
