package io.jobtrail.api;

import io.javalin.http.Context;

/**
 * Who sends a submission, and what the headers say about it, checked.
 *
 * @param actor for the trail
 * @param key null when the caller gave none
 * @param traceparent null when there is no trace
 */
record Caller(String realm, String actor, GivenIdempotencyKey key, String traceparent) {
    /** The same with the key of one of several submissions, or null. */
    Caller withKey(GivenIdempotencyKey ofItem) {
        return new Caller(realm, actor, ofItem, traceparent);
    }

    /** The same for one of several submissions that the key stands for. */
    Caller ofItem(int number) {
        return key == null ? this : withKey(key.ofItem(number));
    }

    static Caller of(Context ctx) {
        var principal = Principal.of(ctx);
        var realm = principal.named(ctx);
        LogContext.realm(realm);
        var header = GivenIdempotencyKey.HEADER;
        var key = GivenIdempotencyKey.of(header, ctx.header(header));
        return new Caller(realm, principal.actor(), key, EnqueueSpan.traceparent(ctx));
    }
}
