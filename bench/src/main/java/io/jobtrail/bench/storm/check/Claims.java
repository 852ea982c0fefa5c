package io.jobtrail.bench.storm.check;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import io.jobtrail.bench.storm.check.JobTrace.Ownership;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.job.JobState;
import java.util.stream.Stream;

/** Who held one job and when, and whether what was done to it was done under a claim. */
final class Claims {
    private Claims() {}

    static Stream<String> wrongOwnership(JobTrace job) {
        var problems = Stream.<String>builder();
        long freeSince = Long.MIN_VALUE;
        for (var owned : job.ownerships()) {
            if (owned.start().at() < freeSince
                    || owned.end() != null && owned.end().at() < owned.start().at()) {
                problems.add("the claim of event %d overlaps the one before it"
                        .formatted(owned.start().seq()));
            }
            freeSince = owned.end() == null ? Long.MAX_VALUE : owned.end().at();
        }
        if (job.exists()) {
            long counted = job.ownerships().size()
                    - job.ownerships().stream().filter(Ownership::isGivenBack).count();
            if (counted != job.row().attempt() || counted > job.row().maxAttempts()) {
                problems.add("says attempt %d of %d, its claims less the give-backs are %d"
                        .formatted(job.row().attempt(), job.row().maxAttempts(), counted));
            }
        }
        return problems.build();
    }

    private record Run(int attempt, long pid) {}

    static Stream<String> runsWithoutClaim(JobTrace job) {
        return job
                .handler(HandlerLedger.Kind.BEGIN)
                .collect(groupingBy(begin -> new Run(begin.attempt(), begin.pid()), counting()))
                .entrySet()
                .stream()
                .filter(run -> run.getValue()
                        > job.ownerships().stream()
                                .filter(o -> o.attempt() == run.getKey().attempt()
                                        && JobTrace.pid(o.start().actor()).orElse(-1)
                                                == run.getKey().pid())
                                .count())
                .map(run -> "attempt %d began %d times in process %d, more often than that held a claim"
                        .formatted(
                                run.getKey().attempt(),
                                run.getValue(),
                                run.getKey().pid()));
    }

    static Stream<String> foreignResults(JobTrace job) {
        return job
                .finishing()
                .reduce((first, second) -> second) // the one whose result is stored
                .stream()
                .filter(owned -> job.is(JobState.FINISHED) && job.row().result() != null)
                .filter(owned -> !owned.end().actor().equals(owned.start().actor()) || !job.hasResultOf(owned))
                .map(owned -> "attempt %d of %s held the claim, %s finished it with the result %s"
                        .formatted(
                                owned.attempt(),
                                owned.start().actor(),
                                owned.end().actor(),
                                job.row().result()));
    }

    static Stream<String> earlyFinishes(JobTrace job) {
        return job.finishing()
                .filter(owned -> job.handler(HandlerLedger.Kind.END)
                        .noneMatch(end -> owned.isBy(end)
                                && end.ending() == HandlerLedger.Ending.RETURNED
                                && end.at() <= owned.end().at()))
                .map(owned -> "finished in attempt %d of %s, whose handler had not returned"
                        .formatted(owned.attempt(), owned.start().actor()));
    }
}
