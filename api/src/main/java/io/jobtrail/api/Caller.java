package io.jobtrail.api;

import io.javalin.http.Context;

/**
 * Who sends a submission, and what the headers say about it, checked.
 *
 * @param actor for the trail
 * @param idempotencyKey null when the caller gave none, likewise traceparent
 */
record Caller(String realm, String actor, String idempotencyKey, String traceparent) {
    static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    /** The same with the key of one of several submissions; null stays null. */
    Caller withKey(String key) {
        return new Caller(realm, actor, key, traceparent);
    }

    static Caller of(Context ctx) {
        var principal = Principal.of(ctx);
        return new Caller(principal.named(ctx), principal.actor(), idempotencyKey(ctx), traceparent(ctx));
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

    /** W3C Trace Context; one that is not well formed is ignored, as the recommendation says. */
    private static String traceparent(Context ctx) {
        var value = ctx.header("traceparent");
        return value != null && value.matches("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}") ? value : null;
    }
}
