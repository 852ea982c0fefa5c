package io.jobtrail.bench.storm.check;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.bench.storm.ledger.ClientLedger.Kind;
import io.jobtrail.bench.storm.ledger.DatabaseLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.History;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;

/** The ledgers joined: what each says about one submission or one job, side by side. Judges nothing. */
final class Evidence {
    private static final Set<Kind> ABOUT_SUBMISSIONS = Set.of(Kind.ATTEMPTED, Kind.ACKED, Kind.REFUSED, Kind.UNKNOWN);

    private final History history;
    private final Map<Integer, Submission> submissions = new TreeMap<>();
    private final Map<UUID, JobTrace> jobs = new HashMap<>();
    private final Map<Integer, List<JobTrace>> bySubmission;

    Evidence(History history) {
        this.history = history;
        history.client().stream()
                .filter(entry -> ABOUT_SUBMISSIONS.contains(entry.kind()))
                .collect(groupingBy(ClientLedger.Entry::n))
                .forEach((n, entries) -> submissions.put(n, Submission.of(entries)));
        var rows = history.jobs().stream().collect(toMap(DatabaseLedger.Job::id, Function.identity()));
        var events = history.events().stream()
                .sorted(Comparator.comparingInt(DatabaseLedger.Event::seq))
                .collect(groupingBy(DatabaseLedger.Event::job));
        var handler = history.handler().stream().collect(groupingBy(HandlerLedger.Entry::job));
        var client = history.client().stream()
                .filter(entry -> !ABOUT_SUBMISSIONS.contains(entry.kind()))
                .collect(groupingBy(ClientLedger.Entry::job));

        var ids = new TreeSet<>(rows.keySet());
        ids.addAll(events.keySet());
        ids.addAll(handler.keySet());
        ids.addAll(client.keySet());
        submissions.values().forEach(submission -> ids.addAll(submission.acked()));
        for (var id : ids) {
            var row = rows.get(id);
            jobs.put(
                    id,
                    new JobTrace(
                            id,
                            row,
                            events.getOrDefault(id, List.of()),
                            row == null ? null : submissionOf(row),
                            handler.getOrDefault(id, List.of()),
                            client.getOrDefault(id, List.of())));
        }
        bySubmission = jobs.values().stream()
                .filter(job -> job.submission() != null)
                .collect(groupingBy(job -> job.row().n()));
    }

    /** Null when nobody sent this number with this key, or without one. */
    private Submission submissionOf(DatabaseLedger.Job row) {
        var submission = row.n() == null ? null : submissions.get(row.n());
        return submission != null && Objects.equals(submission.key(), row.key()) ? submission : null;
    }

    History history() {
        return history;
    }

    Collection<Submission> submissions() {
        return submissions.values();
    }

    /** Every job that any ledger names. */
    Collection<JobTrace> jobs() {
        return jobs.values();
    }

    JobTrace job(UUID id) {
        return jobs.get(id);
    }

    /** The jobs that the database has for a submission. */
    List<JobTrace> jobsOf(Submission submission) {
        return bySubmission.getOrDefault(submission.n(), List.of());
    }
}
