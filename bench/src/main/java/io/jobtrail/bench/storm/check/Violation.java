package io.jobtrail.bench.storm.check;

import java.util.UUID;

/**
 * One rule broken once.
 *
 * @param job null when there is none to name
 */
public record Violation(Rule rule, UUID job, String what) {
    @Override
    public String toString() {
        return "%s: job %s: %s".formatted(rule, job == null ? "-" : job, what);
    }
}
