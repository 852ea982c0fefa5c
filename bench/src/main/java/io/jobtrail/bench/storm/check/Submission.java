package io.jobtrail.bench.storm.check;

import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.bench.storm.ledger.ClientLedger.Kind;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * One thing that a client wanted done, with all that the client knows of it.
 *
 * @param entries of the client's ledger, the resubmissions among them; at least one attempt
 */
record Submission(ClientLedger.Entry attempt, List<ClientLedger.Entry> entries) {
    static Submission of(List<ClientLedger.Entry> entries) {
        return new Submission(
                entries.stream()
                        .filter(entry -> entry.kind() == Kind.ATTEMPTED)
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("an answer to nothing: " + entries)),
                entries);
    }

    int n() {
        return attempt.n();
    }

    /** Null when it was sent without one. */
    String key() {
        return attempt.key();
    }

    String sha256() {
        return attempt.sha256();
    }

    /** The jobs that the server has named for it; more than one is a violation. */
    Set<UUID> acked() {
        return entries.stream()
                .filter(entry -> entry.kind() == Kind.ACKED)
                .map(ClientLedger.Entry::job)
                .collect(Collectors.toSet());
    }

    boolean isAcked() {
        return has(Kind.ACKED);
    }

    /** Every try was refused; one that was never answered may have been taken. */
    boolean isRefused() {
        return !isAcked() && count(Kind.REFUSED) == count(Kind.ATTEMPTED);
    }

    boolean isUnknown() {
        return !isAcked() && !isRefused();
    }

    private boolean has(Kind kind) {
        return count(kind) > 0;
    }

    private long count(Kind kind) {
        return entries.stream().filter(entry -> entry.kind() == kind).count();
    }
}
