package io.jobtrail.bench.storm;

import java.util.List;

/** What {@code GET /health} says. */
public record Health(String status, List<String> reasons) {
    static final Health UNREACHABLE = new Health("unreachable", List.of());

    /** @param at when it was first seen, in epoch microseconds */
    public record Change(long at, Health health) {}
}
