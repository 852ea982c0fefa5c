package io.jobtrail.bench.storm.jesque;

import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger.Ending;
import io.jobtrail.bench.storm.ledger.History;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What became of the baseline's jobs, by the ledgers of its client and its handler.
 *
 * @param acked {@code enqueue} returned
 * @param lost acked, and no attempt ever came to its end
 * @param duplicated several attempts came to their end
 * @param recovered not acked, and done all the same
 */
public record PlainTally(long attempted, long acked, long lost, long duplicated, long recovered) {

    /** @param directory of the run; to be read when nothing is under way any more */
    public static PlainTally of(Path directory) {
        var history = History.read(directory);
        var attempted = numbers(history, ClientLedger.Kind.ATTEMPTED);
        var acked = numbers(history, ClientLedger.Kind.ACKED);
        var ends = history.handler().stream()
                .filter(entry -> entry.kind() == HandlerLedger.Kind.END && entry.ending() == Ending.RETURNED)
                .collect(Collectors.groupingBy(HandlerLedger.Entry::n, Collectors.counting()));
        return new PlainTally(
                attempted.size(),
                acked.size(),
                acked.stream().filter(n -> !ends.containsKey(n)).count(),
                ends.values().stream().filter(count -> count > 1).count(),
                ends.keySet().stream().filter(n -> !acked.contains(n)).count());
    }

    private static Set<Integer> numbers(History history, ClientLedger.Kind kind) {
        return history.client().stream()
                .filter(entry -> entry.kind() == kind)
                .map(ClientLedger.Entry::n)
                .collect(Collectors.toSet());
    }

    /** Argument: directory of the run. */
    public static void main(String[] arguments) {
        System.out.println(of(Path.of(arguments[0])));
    }
}
