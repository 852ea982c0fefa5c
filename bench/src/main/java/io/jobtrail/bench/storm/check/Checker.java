package io.jobtrail.bench.storm.check;

import io.jobtrail.bench.storm.check.JobTrace.Ownership;
import io.jobtrail.bench.storm.ledger.FaultLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger.Ending;
import io.jobtrail.bench.storm.ledger.History;
import io.jobtrail.job.JobState;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Judges the history of a run. A pure function: it starts, asks and changes nothing, and says the same each time. */
public final class Checker {
    private Checker() {}

    public static Verdict check(History history) {
        return check(history, EnumSet.allOf(Rule.class));
    }

    static Verdict check(History history, Set<Rule> rules) {
        var evidence = new Evidence(history);
        var jobs = evidence.jobs();
        var submissions = evidence.submissions();
        long ok = count(submissions, s -> s.isAcked() && ends(evidence, s));
        long acked = count(submissions, Submission::isAcked);
        return new Verdict(
                submissions.size(),
                acked,
                count(submissions, Submission::isRefused),
                count(submissions, Submission::isUnknown),
                ok,
                acked - ok,
                count(jobs, job -> job.exists() && job.submission() == null),
                count(submissions, s -> s.isUnknown() && !evidence.jobsOf(s).isEmpty()),
                count(jobs, job -> job.handler(HandlerLedger.Kind.BEGIN).count() > 1),
                jobs.stream()
                        .mapToLong(job -> Math.max(0, job.finishing().count() - 1))
                        .sum(),
                count(jobs, job -> job.is(JobState.FINISHED)),
                count(jobs, job -> job.is(JobState.FAILED)),
                count(jobs, job -> job.is(JobState.CANCELLED)),
                jobs.stream().mapToLong(Checker::refusedZombies).sum(),
                jobs.stream()
                        .flatMap(job -> recoveries(job, history.faults()))
                        .sorted()
                        .toList(),
                rules.stream().flatMap(rule -> rule.violations(evidence)).toList());
    }

    private static <T> long count(Collection<T> all, Predicate<T> which) {
        return all.stream().filter(which).count();
    }

    private static boolean ends(Evidence evidence, Submission submission) {
        return submission.acked().stream().allMatch(id -> evidence.job(id).isFinal());
    }

    /** Attempts that came back from the dead with a result, after the job had been taken from them. */
    private static long refusedZombies(JobTrace job) {
        return job.ownerships().stream()
                .filter(owned -> owned.isTaken() && !job.hasResultOf(owned))
                .filter(owned -> job.handler(HandlerLedger.Kind.END)
                        .anyMatch(end -> owned.isBy(end)
                                && end.ending() == Ending.RETURNED
                                && end.at() > owned.end().at()))
                .count();
    }

    /** From the newest fault of the holder's process until the job was taken from it. */
    private static Stream<Duration> recoveries(JobTrace job, List<FaultLedger.Entry> faults) {
        return job.ownerships().stream()
                .filter(Ownership::isTaken)
                .flatMap(owned -> faults.stream()
                        .filter(fault -> fault.pid() != null
                                && fault.pid()
                                        == JobTrace.pid(owned.start().actor()).orElse(-1)
                                && fault.from() <= owned.end().at()
                                && (fault.to() == null
                                        || fault.to() >= owned.start().at()))
                        .max(Comparator.comparingLong(FaultLedger.Entry::from))
                        .map(fault -> Duration.of(owned.end().at() - fault.from(), ChronoUnit.MICROS))
                        .stream());
    }
}
