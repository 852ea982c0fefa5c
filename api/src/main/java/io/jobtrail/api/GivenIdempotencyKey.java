package io.jobtrail.api;

import io.jobtrail.document.Sha256;

/**
 * The idempotency key of one submission: what the caller gave, and what the database knows the submission by, which differs where one
 * key stands for several.
 *
 * @param field header or member that it was given in
 * @param given as the caller wrote it
 * @param stored in the realm it belongs to one job
 */
record GivenIdempotencyKey(String field, String given, String stored) {
    static final String HEADER = "Idempotency-Key";

    /**
     * Null stays null.
     *
     * @param field that it was sent as
     */
    static GivenIdempotencyKey of(String field, String key) {
        if (key == null) {
            return null;
        }
        if (!key.matches("[\\x21-\\x7E]{1,255}")) {
            throw ApiError.invalid(field, "must be 1 to 255 visible ASCII characters");
        }
        return new GivenIdempotencyKey(field, key, key);
    }

    /** For one of several submissions that the key stands for. */
    GivenIdempotencyKey ofItem(int number) {
        return new GivenIdempotencyKey(field, given, "batch:" + Sha256.of(given) + ":" + number);
    }
}
