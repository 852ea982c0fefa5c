package io.jobtrail.bench.storm.ledger;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** All that is known of one run: the ledgers, each kept by somebody who does not know the others. */
public record History(
        List<ClientLedger.Entry> client,
        List<HandlerLedger.Entry> handler,
        List<DatabaseLedger.Job> jobs,
        List<DatabaseLedger.Event> events,
        List<DatabaseLedger.TrailProblem> trailProblems,
        List<DatabaseLedger.Hint> hints,
        List<FaultLedger.Entry> faults) {

    /** @param directory of one run */
    public static History read(Path directory) {
        var database = DatabaseLedger.read(directory);
        return new History(
                ClientLedger.read(directory),
                HandlerLedger.read(directory),
                database.stream()
                        .map(DatabaseLedger.Entry::job)
                        .filter(Objects::nonNull)
                        .toList(),
                database.stream()
                        .map(DatabaseLedger.Entry::event)
                        .filter(Objects::nonNull)
                        .toList(),
                database.stream()
                        .map(DatabaseLedger.Entry::trailProblem)
                        .filter(Objects::nonNull)
                        .toList(),
                database.stream()
                        .map(DatabaseLedger.Entry::hint)
                        .filter(Objects::nonNull)
                        .toList(),
                FaultLedger.read(directory));
    }
}
