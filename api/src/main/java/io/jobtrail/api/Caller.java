package io.jobtrail.api;

import io.javalin.http.Context;

/**
 * Who sends a submission, and what the headers say about it, checked.
 *
 * @param actor for the trail
 * @param idempotencyKey null when the caller gave none
 * @param traceparent null when there is no trace
 */
record Caller(String realm, String actor, String idempotencyKey, String traceparent) {
    static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    /** The same with the key of one of several submissions; null stays null. */
    Caller withKey(String key) {
        return new Caller(realm, actor, key, traceparent);
    }

    static Caller of(Context ctx) {
        var principal = Principal.of(ctx);
        var realm = principal.named(ctx);
        LogContext.realm(realm);
        return new Caller(realm, principal.actor(), idempotencyKey(ctx), EnqueueSpan.traceparent(ctx));
    }

    private static String idempotencyKey(Context ctx) {
        return idempotencyKey(IDEMPOTENCY_KEY, ctx.header(IDEMPOTENCY_KEY));
    }

    /** @param field that it was sent as */
    static String idempotencyKey(String field, String key) {
        if (key != null && !key.matches("[\\x21-\\x7E]{1,255}")) {
            throw ApiError.invalid(field, "must be 1 to 255 visible ASCII characters");
        }
        return key;
    }
}
