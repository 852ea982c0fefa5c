package io.jobtrail.bench.storm.check;

import static io.jobtrail.bench.storm.check.Forge.id;
import static io.jobtrail.bench.storm.check.Forge.result;
import static io.jobtrail.bench.storm.check.Forge.sha256;
import static io.jobtrail.bench.storm.check.Forge.worker;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.bench.storm.ledger.ClientLedger.Expectation;
import io.jobtrail.bench.storm.ledger.ClientLedger.Kind;
import io.jobtrail.bench.storm.ledger.DatabaseLedger;
import io.jobtrail.bench.storm.ledger.DatabaseLedger.Event;
import io.jobtrail.bench.storm.ledger.FaultLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger.Ending;
import io.jobtrail.job.JobState;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A history in which all is well, and what has to be changed in it to break each rule. */
final class Forgeries {
    static final int PLAIN = 1;
    static final int TAKEN = 2;
    static final int FAILING = 3;
    static final int CANCELLED = 4;
    static final int UNKNOWN = 5;
    static final int GIVEN_BACK = 6;
    static final int REFUSED = 7;
    static final int NEVER_ARRIVED = 8;
    static final int ABSENT = 99;

    private Forgeries() {}

    /** Everything that may happen, all of it in order. */
    static Forge sound() {
        var forge = new Forge();
        forge.submitted(PLAIN, Expectation.FINISHES);
        forge.seen(PLAIN, JobState.QUEUED, 0);
        forge.runs(PLAIN, 10);
        forge.seen(PLAIN, JobState.FINISHED, 1);

        forge.submitted(TAKEN, Expectation.FINISHES);
        forge.claimed(TAKEN, 10);
        forge.begins(TAKEN, 1, 10);
        forge.faults.add(new FaultLedger.Entry("stop", "worker-1", 10L, forge.later(), null, null));
        forge.taken(TAKEN, 10);
        forge.runs(TAKEN, 11);
        forge.ends(TAKEN, 1, 10, Ending.RETURNED);

        forge.submitted(FAILING, Expectation.FAILS);
        forge.claimed(FAILING, 10);
        forge.begins(FAILING, 1, 10);
        forge.ends(FAILING, 1, 10, Ending.FAILED);
        forge.failed(FAILING, 10);
        forge.seen(FAILING, JobState.FAILED, 1);
        forge.operator(Kind.RETRY_ASKED, FAILING);
        forge.retried(FAILING);
        forge.operator(Kind.RETRIED, FAILING);
        forge.seen(FAILING, JobState.QUEUED, 1);
        forge.claimed(FAILING, 10);
        forge.failed(FAILING, 10);

        forge.submitted(CANCELLED, Expectation.CANCELS_MAYBE);
        forge.operator(Kind.CANCEL_ASKED, CANCELLED);
        forge.cancelled(CANCELLED);
        forge.operator(Kind.CANCELLED, CANCELLED);

        forge.attempted(UNKNOWN, Expectation.FINISHES);
        forge.answered(Kind.UNKNOWN, UNKNOWN, null);
        forge.accepted(UNKNOWN);
        forge.runs(UNKNOWN, 12);

        forge.submitted(GIVEN_BACK, Expectation.FINISHES);
        forge.claimed(GIVEN_BACK, 10);
        forge.begins(GIVEN_BACK, 1, 10);
        forge.seen(GIVEN_BACK, JobState.RUNNING, 1);
        forge.givenBack(GIVEN_BACK, 10);
        forge.seen(GIVEN_BACK, JobState.QUEUED, 0);
        forge.runs(GIVEN_BACK, 10);

        forge.attempted(REFUSED, Expectation.FINISHES);
        forge.answered(Kind.REFUSED, REFUSED, null);
        forge.attempted(NEVER_ARRIVED, Expectation.FINISHES);
        forge.hints.add(new DatabaseLedger.Hint("default", id(PLAIN)));
        return forge;
    }

    /** Each breaks this rule, and no other. */
    static List<Consumer<Forge>> of(Rule rule) {
        return switch (rule) {
            case ACKED_JOBS_EXIST ->
                List.of(forge -> {
                    forge.attempted(ABSENT, Expectation.FINISHES);
                    forge.answered(Kind.ACKED, ABSENT, id(ABSENT));
                });
            case ALL_JOBS_END ->
                List.of(forge -> forge.submitted(ABSENT, Expectation.FINISHES), forge -> {
                    forge.submitted(ABSENT, Expectation.FINISHES);
                    forge.claimed(ABSENT, 10);
                });
            case ONE_JOB_EACH ->
                List.of(
                        forge -> {
                            forge.accepted(ABSENT);
                            forge.runs(ABSENT, 10);
                            forge.handler.removeIf(entry -> entry.job().equals(id(ABSENT)));
                            forge.begins(ABSENT, 1, 10);
                            forge.change(ABSENT, job -> job(job, PLAIN, result(PLAIN, sha256(PLAIN), 1, 10)));
                            forge.handler.replaceAll(
                                    entry -> entry.job().equals(id(ABSENT)) ? as(PLAIN, entry) : entry);
                            forge.handler.add(new HandlerLedger.Entry(
                                    HandlerLedger.Kind.END,
                                    0,
                                    id(ABSENT),
                                    1,
                                    10,
                                    PLAIN,
                                    sha256(PLAIN),
                                    Ending.RETURNED));
                        },
                        forge -> forge.answered(Kind.ACKED, PLAIN, id(TAKEN)));
            case REFUSED_MEANS_NOTHING ->
                List.of(forge -> {
                    forge.accepted(REFUSED);
                    forge.runs(REFUSED, 10);
                });
            case NOTHING_UNEXPECTED ->
                List.of(forge -> {
                    forge.accepted(ABSENT);
                    forge.runs(ABSENT, 10);
                });
            case ENDS_AS_MEANT ->
                List.of(
                        forge -> {
                            forge.submitted(ABSENT, Expectation.FAILS);
                            forge.runs(ABSENT, 10);
                        },
                        forge -> {
                            forge.submitted(ABSENT, Expectation.FINISHES);
                            forge.claimed(ABSENT, 10);
                            forge.failed(ABSENT, 10);
                        },
                        forge -> {
                            forge.submitted(ABSENT, Expectation.FINISHES);
                            forge.claimed(ABSENT, 10);
                            forge.moves(ABSENT, JobState.FAILED, 1, "sweeper:x", "POISON_JOB", "host:10:00ff-1");
                        });
            case ONE_FINAL_STATE ->
                List.of(
                        forge -> forge.runs(PLAIN, 10), // doubly finished
                        forge -> {
                            forge.retried(FAILING);
                            forge.claimed(FAILING, 10);
                            forge.failed(FAILING, 10);
                        });
            case OPERATORS_WORDS ->
                List.of(
                        forge -> forge.operator(Kind.RETRIED, FAILING),
                        forge -> forge.client.removeIf(entry -> entry.kind() == Kind.CANCEL_ASKED));
            case TRAIL_IS_WHOLE ->
                List.of(
                        forge -> forge.changeEvent(CANCELLED, 2, event -> moved(event, JobState.RETRYING, event.at())),
                        forge -> forge.events.removeIf(event -> event.job().equals(id(CANCELLED)) && event.seq() == 2),
                        forge -> forge.events.removeIf(event -> event.job().equals(id(CANCELLED)) && event.seq() == 1),
                        forge -> {
                            forge.submitted(ABSENT, Expectation.CANCELS_MAYBE);
                            forge.moves(ABSENT, JobState.FINISHED, 0, "db:me", "MANUAL", null); // never ran
                            forge.change(ABSENT, job -> job(job, job.n(), result(ABSENT, sha256(ABSENT), 0, 0)));
                        },
                        forge -> forge.events.add(new Event(
                                id(ABSENT), 1, null, JobState.QUEUED, 0, "api", "SUBMITTED", null, forge.later())));
            case TRAIL_VERIFIES ->
                List.of(forge -> forge.trailProblems.add(new DatabaseLedger.TrailProblem(id(PLAIN), 2, "the hash")));
            case ONE_OWNER_AT_A_TIME ->
                List.of(
                        // the second owner came before the first had left
                        forge -> forge.changeEvent(TAKEN, 3, event -> at(event, event.at() + Forge.SECOND + 1)),
                        forge -> forge.change(PLAIN, job -> attempts(job, 2, 5)),
                        forge -> forge.change(TAKEN, job -> attempts(job, 2, 1)));
            case HANDLERS_RUN_UNDER_A_CLAIM ->
                List.of(
                        forge -> forge.begins(PLAIN, 1, 10),
                        forge -> forge.begins(PLAIN, 1, 11),
                        forge -> forge.begins(PLAIN, 2, 10),
                        forge -> forge.begins(ABSENT, 1, 10));
            case FINISHED_BY_ITS_HOLDER ->
                List.of(
                        // the zombie of attempt 1 wrote over attempt 2
                        forge -> forge.change(TAKEN, job -> job(job, job.n(), result(TAKEN, sha256(TAKEN), 1, 11))),
                        forge -> forge.change(TAKEN, job -> job(job, job.n(), result(TAKEN, sha256(TAKEN), 2, 10))),
                        forge -> forge.changeEvent(TAKEN, 5, event -> by(event, worker(10))));
            case FINISHED_AFTER_THE_END ->
                List.of(
                        forge -> forge.handler.removeIf(ending(PLAIN)),
                        forge -> {
                            forge.handler.removeIf(ending(PLAIN));
                            forge.ends(PLAIN, 1, 10, Ending.RETURNED); // later
                        },
                        forge -> forge.handler.replaceAll(entry -> ending(PLAIN).test(entry) ? stopped(entry) : entry));
            case RESULT_FITS_THE_INPUT ->
                List.of(
                        forge -> forge.change(PLAIN, job -> job(job, job.n(), null)),
                        forge -> forge.change(PLAIN, job -> job(job, job.n(), result(PLAIN, sha256(TAKEN), 1, 10))),
                        forge -> forge.change(PLAIN, job -> job(job, job.n(), result(TAKEN, sha256(PLAIN), 1, 10))),
                        forge -> forge.handler.replaceAll(
                                entry -> ending(PLAIN).test(entry) ? as(TAKEN, entry) : entry));
            case POLLS_GO_FORWARD ->
                List.of(
                        forge -> forge.seen(PLAIN, JobState.RUNNING, 1),
                        forge -> forge.seen(PLAIN, JobState.FAILED, 1),
                        forge -> {
                            forge.seen(TAKEN, JobState.RUNNING, 2);
                            forge.seen(TAKEN, JobState.RUNNING, 1);
                        });
            case HINTS_NAME_JOBS -> List.of(forge -> forge.hints.add(new DatabaseLedger.Hint("slow", id(ABSENT))));
        };
    }

    private static Predicate<HandlerLedger.Entry> ending(int n) {
        return entry -> entry.job().equals(id(n)) && entry.kind() == HandlerLedger.Kind.END;
    }

    private static HandlerLedger.Entry stopped(HandlerLedger.Entry e) {
        return new HandlerLedger.Entry(
                e.kind(), e.at(), e.job(), e.attempt(), e.pid(), e.n(), e.sha256(), Ending.STOPPED);
    }

    private static HandlerLedger.Entry as(int n, HandlerLedger.Entry e) {
        var sha256 = e.sha256() == null ? null : sha256(n);
        return new HandlerLedger.Entry(e.kind(), e.at(), e.job(), e.attempt(), e.pid(), n, sha256, e.ending());
    }

    private static Event moved(Event e, JobState to, long at) {
        return new Event(e.job(), e.seq(), e.previousState(), to, e.attempt(), e.actor(), e.reason(), e.lostBy(), at);
    }

    private static Event at(Event e, long at) {
        return moved(e, e.newState(), at);
    }

    private static Event by(Event e, String actor) {
        return new Event(
                e.job(), e.seq(), e.previousState(), e.newState(), e.attempt(), actor, e.reason(), e.lostBy(), e.at());
    }

    private static DatabaseLedger.Job job(DatabaseLedger.Job j, int n, JsonNode result) {
        return new DatabaseLedger.Job(
                j.id(), n, Forge.key(n), j.status(), j.version(), j.attempt(), j.maxAttempts(), j.errorCode(), result);
    }

    private static DatabaseLedger.Job attempts(DatabaseLedger.Job j, int attempt, int maxAttempts) {
        return new DatabaseLedger.Job(
                j.id(), j.n(), j.key(), j.status(), j.version(), attempt, maxAttempts, j.errorCode(), j.result());
    }
}
