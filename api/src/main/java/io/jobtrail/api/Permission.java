package io.jobtrail.api;

import java.util.function.BooleanSupplier;

/**
 * That of a caller to be told something later, or again and again: it ends with the key or the session that let it in. What it answers
 * with may be a {@link io.jobtrail.store.DatabaseFailure}.
 */
final class Permission {
    private final String field;
    private final BooleanSupplier question;
    private volatile long askedAt = System.nanoTime();

    /**
     * @param field that brought the key or the session
     * @param question whether it still would let the caller in
     */
    Permission(String field, BooleanSupplier question) {
        this.field = field;
        this.question = question;
    }

    String field() {
        return field;
    }

    /** As keys are known now. */
    boolean holds() {
        askedAt = System.nanoTime();
        return question.getAsBoolean();
    }

    /** Looked at only as often as keys are everywhere, however often it is asked. */
    boolean hasEnded() {
        return System.nanoTime() - askedAt > KnownKeys.FRESH.toNanos() && !holds();
    }
}
