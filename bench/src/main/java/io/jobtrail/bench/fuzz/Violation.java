package io.jobtrail.bench.fuzz;

/** Something that may not be. */
record Violation(Rule rule, String detail) {
    /** What holds for every answer, and for the system in the end. */
    enum Rule {
        NO_ANSWER,
        NO_HTTP,
        FOREIGN_ANSWER,
        SERVER_ERROR,
        NO_PROBLEM,
        NAMELESS_FAULT,
        NO_ALLOW,
        BROKEN_JSON,
        MISSING_HEADER,
        SMUGGLED_HEADER,
        INNER_WORDS,
        FOREIGN_REALM,
        TOO_SLOW,
        NOT_HEALTHY,
        LOGGED_ERROR,
        LOGGED_KEY,
        MORE_MEMORY,
        LEFT_BEHIND,
        LOST_JOB,
        UNEXPLAINED_JOB,
        BROKEN_TRAIL
    }

    static Violation of(Rule rule, String detail, Object... values) {
        return new Violation(rule, detail.formatted(values));
    }

    @Override
    public String toString() {
        return rule + ": " + detail;
    }
}
