package io.jobtrail.bench.storm.check;

import io.jobtrail.bench.storm.check.JobTrace.Ownership;
import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.bench.storm.ledger.ClientLedger.Kind;
import io.jobtrail.bench.storm.ledger.DatabaseLedger.Event;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * What polls of one job saw, in their order. Two polls have an order when one was answered before the other was sent; those
 * that were under way together may have been answered either way round.
 */
final class Polls {
    private Polls() {}

    static Stream<String> backwards(JobTrace job) {
        var polls = job.client().stream()
                .filter(entry -> entry.kind() == Kind.SEEN)
                .sorted(Comparator.comparingLong(ClientLedger.Entry::at))
                .toList();
        return polls.stream()
                .flatMap(later -> polls.stream()
                        .takeWhile(earlier -> earlier.at() <= later.askedAt())
                        .reduce((first, second) -> second)
                        .stream()
                        .flatMap(earlier -> between(job, earlier, later)));
    }

    private static Stream<String> between(JobTrace job, ClientLedger.Entry earlier, ClientLedger.Entry later) {
        var problems = Stream.<String>builder();
        if (earlier.state().isFinal()
                && later.state() != earlier.state()
                && count(job.revivals().stream(), earlier, later) == 0) {
            problems.add("was seen %s, and then %s".formatted(earlier.state(), later.state()));
        }
        var givenBack = job.ownerships().stream().filter(Ownership::isGivenBack).map(Ownership::end);
        if (later.attempt() < earlier.attempt() - count(givenBack, earlier, later)) {
            problems.add("was seen in attempt %d, and then in %d".formatted(earlier.attempt(), later.attempt()));
        }
        return problems.build();
    }

    private static long count(Stream<Event> events, ClientLedger.Entry earlier, ClientLedger.Entry later) {
        return events.filter(event -> event.at() >= earlier.askedAt() && event.at() <= later.at())
                .count();
    }
}
