package io.jobtrail.bench.storm.ledger;

import io.jobtrail.job.JobState;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * What the clients know: {@code client.jsonl}. What is about to be asked is on the disk before it is asked, and an answer
 * before it counts. Judges nothing.
 */
public final class ClientLedger implements AutoCloseable {
    public static final String FILE = "client.jsonl";

    public enum Kind {
        /** A submission is about to be sent, for the first time or again. */
        ATTEMPTED,
        /** The server said that it has the job. */
        ACKED,
        /** The server said that it has taken nothing. */
        REFUSED,
        /** Nobody said anything, or that it is unknown. */
        UNKNOWN,
        CANCEL_ASKED,
        CANCELLED,
        RETRY_ASKED,
        RETRIED,
        /** The status of a job, as a poll showed it. */
        SEEN
    }

    /** How a submission is meant to end. */
    public enum Expectation {
        FINISHES,
        FAILS,
        /** Somebody may ask for its cancellation; whether that comes in time is open. */
        CANCELS_MAYBE
    }

    /**
     * One line; what does not belong to its kind is null.
     *
     * @param at when it was written, in epoch microseconds like all times
     * @param n number of the submission; a resubmission bears the number, the key and the content of the first
     * @param sha256 of the content, hexadecimal
     * @param status HTTP status of a refusal
     * @param askedAt when the poll was sent; it was answered by {@code at}
     */
    public record Entry(
            Kind kind,
            long at,
            Integer n,
            String key,
            String sha256,
            Expectation expectation,
            UUID job,
            Boolean alreadyExisted,
            Integer status,
            String why,
            JobState state,
            Integer attempt,
            Long askedAt) {}

    private final JsonLines lines;

    public ClientLedger(Path directory) {
        lines = new JsonLines(directory.resolve(FILE));
    }

    static List<Entry> read(Path directory) {
        return JsonLines.read(directory.resolve(FILE), Entry.class);
    }

    public static long now() {
        return JsonLines.now();
    }

    public void attempted(int n, String key, String sha256, Expectation expectation) {
        lines.appendForGood(new Entry(
                Kind.ATTEMPTED, now(), n, key, sha256, expectation, null, null, null, null, null, null, null));
    }

    public void acked(int n, UUID job, boolean alreadyExisted) {
        lines.appendForGood(
                new Entry(Kind.ACKED, now(), n, null, null, null, job, alreadyExisted, null, null, null, null, null));
    }

    public void refused(int n, int status) {
        lines.append(new Entry(Kind.REFUSED, now(), n, null, null, null, null, null, status, null, null, null, null));
    }

    public void unknown(int n, String why) {
        lines.append(new Entry(Kind.UNKNOWN, now(), n, null, null, null, null, null, null, why, null, null, null));
    }

    /** Before the request is sent. */
    public void cancelAsked(UUID job) {
        lines.appendForGood(ofJob(Kind.CANCEL_ASKED, job));
    }

    /** The server accepted it; a running job may still finish first. */
    public void cancelled(UUID job) {
        lines.append(ofJob(Kind.CANCELLED, job));
    }

    /** Before the request is sent. */
    public void retryAsked(UUID job) {
        lines.appendForGood(ofJob(Kind.RETRY_ASKED, job));
    }

    public void retried(UUID job) {
        lines.append(ofJob(Kind.RETRIED, job));
    }

    /** @param askedAt {@link #now()} before the request was sent */
    public void seen(UUID job, JobState state, int attempt, long askedAt) {
        lines.append(
                new Entry(Kind.SEEN, now(), null, null, null, null, job, null, null, null, state, attempt, askedAt));
    }

    private static Entry ofJob(Kind kind, UUID job) {
        return new Entry(kind, now(), null, null, null, null, job, null, null, null, null, null, null);
    }

    @Override
    public void close() {
        lines.close();
    }
}
