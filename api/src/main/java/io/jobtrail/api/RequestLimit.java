package io.jobtrail.api;

import io.javalin.http.Context;

/**
 * How many requests a key may make within a minute, and the headers that say how many are left. The admin's is not limited: who
 * has to end a flood must not be shut out by it.
 */
final class RequestLimit {
    private final Quota requests;

    /** @param requests null = no limit */
    RequestLimit(Quota requests) {
        this.requests = requests;
    }

    void count(Context ctx, Principal principal) {
        if (requests == null || principal.keyId() == null) {
            return;
        }
        var use = requests.count(principal.keyId());
        ctx.header("RateLimit-Policy", "\"key\";q=%d;w=%d".formatted(use.limit(), requests.window.toSeconds()));
        ctx.header("RateLimit", "\"key\";r=%d;t=%d".formatted(use.remaining(), use.seconds()));
        if (use.isOver()) {
            throw ApiError.tooMany(
                    ctx, use.seconds(), "this key may make %d requests a minute to one process".formatted(use.limit()));
        }
    }
}
