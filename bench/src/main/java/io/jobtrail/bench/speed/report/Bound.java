package io.jobtrail.bench.speed.report;

import java.util.function.DoublePredicate;

/** A limit that a median is held against, unrounded. */
record Bound(String text, DoublePredicate holds) {
    static Bound atLeast(double limit) {
        return new Bound("≥ " + Spread.number(limit), value -> value >= limit);
    }

    static Bound atMost(double limit) {
        return new Bound("≤ " + Spread.number(limit), value -> value <= limit);
    }

    Bound named(String newText) {
        return new Bound(newText, holds);
    }
}
