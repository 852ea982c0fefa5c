package io.jobtrail.bench.storm.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobtrail.bench.storm.ledger.ClientLedger;
import io.jobtrail.bench.storm.ledger.ClientLedger.Expectation;
import io.jobtrail.bench.storm.ledger.ClientLedger.Kind;
import io.jobtrail.bench.storm.ledger.DatabaseLedger;
import io.jobtrail.bench.storm.ledger.DatabaseLedger.Event;
import io.jobtrail.bench.storm.ledger.FaultLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger.Ending;
import io.jobtrail.bench.storm.ledger.History;
import io.jobtrail.config.Json;
import io.jobtrail.job.JobState;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** Writes histories that never happened: sound ones through its methods, others by changing its lists afterwards. */
final class Forge {
    static final long SECOND = 1_000_000;

    final List<ClientLedger.Entry> client = new ArrayList<>();
    final List<HandlerLedger.Entry> handler = new ArrayList<>();
    final List<DatabaseLedger.Job> jobs = new ArrayList<>();
    final List<Event> events = new ArrayList<>();
    final List<DatabaseLedger.TrailProblem> trailProblems = new ArrayList<>();
    final List<DatabaseLedger.Hint> hints = new ArrayList<>();
    final List<FaultLedger.Entry> faults = new ArrayList<>();
    private long now = SECOND;

    History history() {
        return new History(client, handler, jobs, events, trailProblems, hints, faults);
    }

    static UUID id(int n) {
        return new UUID(0x7000, n);
    }

    static String sha256(int n) {
        return "%064x".formatted(n);
    }

    static String worker(long pid) {
        return "worker:host:" + pid + ":00ff-1";
    }

    static JsonNode result(int n, String sha256, int attempt, long pid) {
        return Json.MAPPER.valueToTree(new HandlerLedger.Result(n, sha256, attempt, pid));
    }

    long now() {
        return now;
    }

    long later() {
        now += SECOND;
        return now;
    }

    /** Half of the submissions have none. */
    static String key(int n) {
        return n % 2 == 0 ? null : "k" + n;
    }

    void attempted(int n, Expectation expectation) {
        client.add(new ClientLedger.Entry(
                Kind.ATTEMPTED, later(), n, key(n), sha256(n), expectation, null, null, null, null, null, null, null));
    }

    void answered(Kind kind, int n, UUID job) {
        client.add(new ClientLedger.Entry(kind, later(), n, null, null, null, job, null, null, null, null, null, null));
    }

    void operator(Kind kind, int n) {
        client.add(new ClientLedger.Entry(
                kind, later(), null, null, null, null, id(n), null, null, null, null, null, null));
    }

    void seen(int n, JobState state, int attempt) {
        long asked = later();
        client.add(new ClientLedger.Entry(
                Kind.SEEN, later(), null, null, null, null, id(n), null, null, null, state, attempt, asked));
    }

    /** A job as the database takes it in. */
    void accepted(int n) {
        jobs.add(new DatabaseLedger.Job(id(n), n, key(n), JobState.QUEUED, 1, 0, 5, null, null));
        events.add(new Event(id(n), 1, null, JobState.QUEUED, 0, "api", "SUBMITTED", null, later()));
    }

    /** Attempted, accepted and acknowledged. */
    void submitted(int n, Expectation expectation) {
        attempted(n, expectation);
        accepted(n);
        answered(Kind.ACKED, n, id(n));
    }

    void claimed(int n, long pid) {
        moves(n, JobState.RUNNING, job(n).attempt() + 1, worker(pid), "CLAIMED", null);
    }

    void begins(int n, int attempt, long pid) {
        handler.add(new HandlerLedger.Entry(HandlerLedger.Kind.BEGIN, later(), id(n), attempt, pid, n, null, null));
    }

    void ends(int n, int attempt, long pid, Ending ending) {
        handler.add(
                new HandlerLedger.Entry(HandlerLedger.Kind.END, later(), id(n), attempt, pid, n, sha256(n), ending));
    }

    void taken(int n, long pid) {
        var lostBy = worker(pid).substring("worker:".length());
        moves(n, JobState.RETRYING, job(n).attempt(), "sweeper:host:1:0000", "HEARTBEAT_TIMEOUT", lostBy);
    }

    void givenBack(int n, long pid) {
        moves(n, JobState.QUEUED, job(n).attempt() - 1, worker(pid), "WORKER_SHUTDOWN", null);
    }

    void failed(int n, long pid) {
        moves(n, JobState.FAILED, job(n).attempt(), worker(pid), "MEANT_TO", null);
    }

    void cancelled(int n) {
        moves(n, JobState.CANCELLED, job(n).attempt(), "api", "CANCELLED", null);
    }

    void retried(int n) {
        moves(n, JobState.QUEUED, job(n).attempt(), "api", "OPERATOR_RETRY", null);
    }

    void finished(int n, long pid) {
        moves(n, JobState.FINISHED, job(n).attempt(), worker(pid), "COMPLETED", null);
        var result = result(n, sha256(n), job(n).attempt(), pid);
        change(
                n,
                job -> new DatabaseLedger.Job(
                        job.id(),
                        job.n(),
                        job.key(),
                        job.status(),
                        job.version(),
                        job.attempt(),
                        job.maxAttempts(),
                        null,
                        result));
    }

    /** The whole life of a job that nothing happens to. */
    void runs(int n, long pid) {
        claimed(n, pid);
        int attempt = job(n).attempt();
        begins(n, attempt, pid);
        ends(n, attempt, pid, Ending.RETURNED);
        finished(n, pid);
    }

    void moves(int n, JobState to, int attempt, String actor, String reason, String lostBy) {
        var from = job(n);
        events.add(new Event(id(n), from.version() + 1, from.status(), to, attempt, actor, reason, lostBy, later()));
        change(
                n,
                job -> new DatabaseLedger.Job(
                        job.id(),
                        job.n(),
                        job.key(),
                        to,
                        job.version() + 1,
                        attempt,
                        job.maxAttempts(),
                        to == JobState.FAILED ? reason : null,
                        job.result()));
    }

    void change(int n, UnaryOperator<DatabaseLedger.Job> change) {
        jobs.replaceAll(job -> job.id().equals(id(n)) ? change.apply(job) : job);
    }

    void changeEvent(int n, int seq, UnaryOperator<Event> change) {
        events.replaceAll(event -> event.job().equals(id(n)) && event.seq() == seq ? change.apply(event) : event);
    }

    DatabaseLedger.Job job(int n) {
        return jobs.stream().filter(job -> job.id().equals(id(n))).findFirst().orElseThrow();
    }
}
