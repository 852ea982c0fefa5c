package io.jobtrail.bench.storm.check;

import io.jobtrail.bench.storm.ledger.ClientLedger.Expectation;
import io.jobtrail.bench.storm.ledger.ClientLedger.Kind;
import io.jobtrail.job.JobState;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;

/** What must hold in every run, whatever was done to the system. Each rule looks for one thing only. */
public enum Rule {
    ACKED_JOBS_EXIST(
            "whatever the server has acknowledged is in the database",
            evidence -> evidence.submissions().stream()
                    .flatMap(submission -> submission.acked().stream())
                    .filter(id -> !evidence.job(id).exists())
                    .map(id -> found(id, "acknowledged, and not in the database"))),

    ALL_JOBS_END(
            "after healing every job is final",
            eachJob(job -> job.exists() && !job.isFinal()
                    ? Stream.of("is still " + job.row().status())
                    : Stream.empty())),

    ONE_JOB_EACH(
            "a submission has at most one job, however often its key is sent, and every acknowledgement names that",
            evidence -> evidence.submissions().stream()
                    .filter(submission -> Stream.concat(
                                            submission.acked().stream(),
                                            evidence.jobsOf(submission).stream().map(JobTrace::id))
                                    .distinct()
                                    .count()
                            > 1)
                    .map(submission -> found(
                            null,
                            "submission %d has the jobs %s, and %s were acknowledged"
                                    .formatted(
                                            submission.n(),
                                            evidence.jobsOf(submission).stream()
                                                    .map(JobTrace::id)
                                                    .toList(),
                                            submission.acked())))),

    REFUSED_MEANS_NOTHING(
            "what the server refused every time is not in the database",
            evidence -> evidence.submissions().stream()
                    .filter(Submission::isRefused)
                    .flatMap(submission -> evidence.jobsOf(submission).stream())
                    .map(job -> found(job.id(), "its submission was refused"))),

    NOTHING_UNEXPECTED(
            "somebody has submitted every job of the database",
            eachJob(job -> job.exists() && job.submission() == null
                    ? Stream.of("nobody has sent number %s with key %s"
                            .formatted(job.row().n(), job.row().key()))
                    : Stream.empty())),

    ENDS_AS_MEANT(
            "a job finishes or fails as its submission means it to, unless its attempts or workers were used up",
            eachJob(Rule::wrongEnd)),

    ONE_FINAL_STATE(
            "a final state is left by an operator's retry only, and finished never", eachJob(Rule::wrongRevivals)),

    OPERATORS_WORDS(
            "an accepted retry is in the trail, and nothing is cancelled that nobody wanted cancelled",
            eachJob(Rule::deafness)),

    TRAIL_IS_WHOLE(
            "events 1 to version without a gap, legal transitions only, the last of them the job's state",
            eachJob(Rule::gaps)),

    TRAIL_VERIFIES(
            "verify_trail() finds nothing",
            evidence -> evidence.history().trailProblems().stream()
                    .map(problem -> found(problem.job(), "event " + problem.seq() + ": " + problem.problem()))),

    ONE_OWNER_AT_A_TIME(
            "claims follow each other in time, and attempt = claims - give-backs <= max_attempts",
            eachJob(Claims::wrongOwnership)),

    HANDLERS_RUN_UNDER_A_CLAIM(
            "a handler runs once for each claim of its process, and else never", eachJob(Claims::runsWithoutClaim)),

    FINISHED_BY_ITS_HOLDER(
            "the result was made by the attempt and the process that held the claim", eachJob(Claims::foreignResults)),

    FINISHED_AFTER_THE_END(
            "the handler of the attempt that finished a job had returned before", eachJob(Claims::earlyFinishes)),

    RESULT_FITS_THE_INPUT(
            "a finished job has the result of its own input, and handlers read what was sent",
            eachJob(Rule::wrongResults)),

    POLLS_GO_FORWARD(
            "no poll sees a final job change, or an attempt go back, without an operator or a give-back",
            eachJob(Polls::backwards)),

    HINTS_NAME_JOBS(
            "what stands in Redis names jobs of the database",
            evidence -> evidence.history().hints().stream()
                    .filter(hint -> evidence.job(hint.job()) == null
                            || !evidence.job(hint.job()).exists())
                    .map(hint -> found(hint.job(), "stands in queue " + hint.queue() + ", and not in the database")));

    private final String says;
    private final Function<Evidence, Stream<Function<Rule, Violation>>> check;

    Rule(String says, Function<Evidence, Stream<Function<Rule, Violation>>> check) {
        this.says = says;
        this.check = check;
    }

    /** In words. */
    public String says() {
        return says;
    }

    Stream<Violation> violations(Evidence evidence) {
        return check.apply(evidence).map(violation -> violation.apply(this));
    }

    private static Function<Rule, Violation> found(UUID job, String what) {
        return rule -> new Violation(rule, job, what);
    }

    private static Function<Evidence, Stream<Function<Rule, Violation>>> eachJob(
            Function<JobTrace, Stream<String>> check) {
        return evidence ->
                evidence.jobs().stream().flatMap(job -> check.apply(job).map(what -> found(job.id(), what)));
    }

    private static Stream<String> wrongEnd(JobTrace job) {
        if (job.submission() == null || !job.isFinal()) {
            return Stream.empty();
        }
        var meant = job.submission().attempt().expectation();
        boolean right = switch (job.row().status()) {
            case FINISHED -> meant != Expectation.FAILS;
            case FAILED -> meant == Expectation.FAILS || isUsedUp(job);
            default -> true; // cancelled: see OPERATORS_WORDS
        };
        return right
                ? Stream.empty()
                : Stream.of("%s, meant: %s (attempt %d of %d, %s)"
                        .formatted(
                                job.row().status(),
                                meant,
                                job.row().attempt(),
                                job.row().maxAttempts(),
                                job.row().errorCode()));
    }

    /** No fault of the job: it has had all its attempts, or has cost three workers. */
    static boolean isUsedUp(JobTrace job) {
        return job.row().attempt() >= job.row().maxAttempts()
                || "POISON_JOB".equals(job.row().errorCode()) && job.workersLost() >= 3;
    }

    private static Stream<String> wrongRevivals(JobTrace job) {
        var revivals = job.revivals();
        var illegal = revivals.stream()
                .filter(e -> e.previousState() == JobState.FINISHED || e.newState() != JobState.QUEUED)
                .map(e -> "event %d leads from %s to %s".formatted(e.seq(), e.previousState(), e.newState()));
        return revivals.size() <= job.count(Kind.RETRY_ASKED)
                ? illegal
                : Stream.concat(
                        illegal,
                        Stream.of("revived %d times, an operator wanted it %d times"
                                .formatted(revivals.size(), job.count(Kind.RETRY_ASKED))));
    }

    private static Stream<String> deafness(JobTrace job) {
        var retried = job.revivals().size() < job.count(Kind.RETRIED)
                ? Stream.of("%d retries were accepted, %d are in the trail"
                        .formatted(job.count(Kind.RETRIED), job.revivals().size()))
                : Stream.<String>empty();
        var cancelled = job.is(JobState.CANCELLED) && job.count(Kind.CANCEL_ASKED) == 0
                ? Stream.of("is cancelled, and nobody asked for it")
                : Stream.<String>empty();
        return Stream.concat(retried, cancelled);
    }

    private static Stream<String> gaps(JobTrace job) {
        if (!job.exists()) {
            return job.events().isEmpty() ? Stream.empty() : Stream.of("has events, and is not in the database");
        }
        var problems = Stream.<String>builder();
        JobState state = null;
        int seq = 0;
        for (var event : job.events()) {
            if (event.seq() != ++seq || event.previousState() != state) {
                problems.add("event %d from %s follows event %d to %s"
                        .formatted(event.seq(), event.previousState(), seq - 1, state));
            }
            boolean legal = state == null
                    ? event.newState() == JobState.QUEUED
                    : state.isFinal() || state.next().contains(event.newState()); // final: see ONE_FINAL_STATE
            if (!legal) {
                problems.add("event %d leads from %s to %s".formatted(event.seq(), state, event.newState()));
            }
            state = event.newState();
            seq = event.seq();
        }
        if (seq != job.row().version() || state != job.row().status()) {
            problems.add("is %s in version %d, its last event is %s, number %d"
                    .formatted(job.row().status(), job.row().version(), state, seq));
        }
        return problems.build();
    }

    private static Stream<String> wrongResults(JobTrace job) {
        if (job.submission() == null) {
            return Stream.empty();
        }
        int n = job.submission().attempt().n();
        var sha256 = job.submission().sha256();
        var read = job.handler().stream()
                .filter(entry -> entry.n() != n
                        || entry.sha256() != null && !entry.sha256().equals(sha256))
                .map(entry -> "attempt %d read submission %s with %s, sent was %d with %s"
                        .formatted(entry.attempt(), entry.n(), entry.sha256(), n, sha256));
        var result = job.row().result();
        boolean fits = !job.is(JobState.FINISHED)
                || result != null
                        && result.path("n").asInt(-1) == n
                        && Objects.equals(result.path("sha256").asText(), sha256);
        return fits
                ? read
                : Stream.concat(
                        read, Stream.of("finished with the result " + result + ", sent was " + n + " with " + sha256));
    }
}
