package io.jobtrail.run;

import io.jobtrail.config.Json;
import io.jobtrail.handler.Answer;
import io.jobtrail.handler.JobContext;
import io.jobtrail.handler.Prompt;
import io.jobtrail.job.Claim;
import io.jobtrail.store.ChunkStore;
import io.jobtrail.store.Leases;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The context of one running attempt: collects stage and progress for the next heartbeat, and carries the word that the
 * attempt should stop from the heartbeat's thread to the handler's. Writes nothing about the job itself.
 */
final class LiveContext implements JobContext {
    /** Why an attempt should stop before it is done. */
    enum Stop {
        CANCELLED,
        TIMEOUT,
        /** Postgres says that the claim is gone. */
        LOST,
        /** The claim could not be renewed for so long that it may go soon. */
        FENCED,
        SHUTDOWN
    }

    /** Thrown through a handler that asked whether to go on. */
    static final class Stopped extends RuntimeException {
        Stopped(Stop reason) {
            super("the attempt was asked to stop: " + reason, null, false, false);
        }
    }

    private static final int MAX_STAGE_CHARS = 200;

    /** Thrown through a handler that asked a person. */
    static final class Parked extends RuntimeException {
        Parked() {
            super("the attempt ends with a question to a person", null, false, false);
        }
    }

    private final Claim claim;
    private final Documents documents;
    private final ChunkStore chunks;
    private final Questions questions;
    private final Thread thread = Thread.currentThread();
    private final long deadline;
    private int chunkCount;

    private String stage;
    private Double progress;
    private boolean changed;
    private Stop stop;
    private Outcome.Asked asked;
    private long stoppedAt;
    private boolean reported;
    private boolean ended;

    /** To be made on the thread that runs the handler. */
    LiveContext(Claim claim, Documents documents, ChunkStore chunks, Questions questions) {
        this.claim = claim;
        this.documents = documents;
        this.chunks = chunks;
        this.questions = questions;
        deadline = System.nanoTime() + claim.timeout().toNanos();
    }

    Claim claim() {
        return claim;
    }

    @Override
    public synchronized void stage(String name) {
        stage = Json.clean(
                name == null || name.length() <= MAX_STAGE_CHARS ? name : name.substring(0, MAX_STAGE_CHARS));
        changed = true;
    }

    @Override
    public synchronized void progress(double done) {
        if (Double.isNaN(done)) {
            return; // as from 0 of 0 pages; Postgres would refuse it, and with it the heartbeats of all other jobs
        }
        progress = Math.max(0, Math.min(1, done));
        changed = true;
    }

    @Override
    public synchronized void checkCancelled() {
        if (stop != null) {
            throw new Stopped(stop);
        }
    }

    @Override
    public Duration timeLeft() {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    @Override
    public Document document() {
        return documents.of(claim);
    }

    @Override
    public void addChunks(List<Chunk> pieces) {
        checkCancelled();
        var stored = chunks.store(
                claim,
                chunkCount,
                pieces.stream()
                        .map(c ->
                                new ChunkStore.NewChunk(c.text(), c.tokens(), c.pageFrom(), c.pageTo(), c.embedding()))
                        .toList());
        if (!stored) {
            stop(Stop.LOST);
            checkCancelled();
        }
        chunkCount += pieces.size();
    }

    @Override
    public boolean keepChunks(String name, int count) {
        if (chunkCount > 0) {
            throw new IllegalStateException("chunks were added already");
        }
        checkCancelled();
        var kept = chunks.keep(claim, name, count);
        if (kept.isEmpty()) {
            stop(Stop.LOST);
            checkCancelled();
        }
        chunkCount = kept.orElse(false) ? count : 0;
        return kept.orElse(false);
    }

    @Override
    public Optional<Answer> answer(String name) {
        checkCancelled();
        return questions.answer(claim, name);
    }

    @Override
    public Answer ask(Prompt prompt) {
        var question = Questions.toAsk(prompt);
        return answer(prompt.name()).orElseThrow(() -> {
            park(question);
            return new Parked();
        });
    }

    private synchronized void park(Outcome.Asked question) {
        asked = asked == null ? question : asked;
    }

    /** What this attempt ends with, whatever its handler made of that. */
    synchronized Optional<Outcome.Asked> asked() {
        return Optional.ofNullable(asked);
    }

    /** The first reason stands. Interrupts the handler, unless it is through already. Answers whether this was the first. */
    synchronized boolean stop(Stop reason) {
        if (stop != null || ended) {
            return false;
        }
        stop = reason;
        stoppedAt = System.nanoTime();
        thread.interrupt();
        return true;
    }

    /** Whether the handler goes on although it was asked to stop so long ago; true once only. */
    synchronized boolean isDeafFor(Duration patience) {
        if (reported || ended || stop == null || System.nanoTime() - stoppedAt < patience.toNanos()) {
            return false;
        }
        reported = true;
        return true;
    }

    Thread thread() {
        return thread;
    }

    /** Whether the claim is to be left to its lease: a handler that does not hear must not keep the job from others. */
    synchronized boolean isLetGo() {
        return stop == Stop.LOST || stop == Stop.FENCED;
    }

    synchronized Optional<Stop> stopReason() {
        return Optional.ofNullable(stop);
    }

    /** The handler has returned. From here on nothing interrupts the thread, which is about to talk to the database. */
    synchronized void handlerEnded() {
        ended = true;
        Thread.interrupted(); // a flag left set makes the connection pool refuse the record of the outcome
    }

    synchronized boolean hasEnded() {
        return ended;
    }

    synchronized boolean isChanged() {
        return changed;
    }

    /** The last beat was not written: what it carried goes with the next one. */
    synchronized void saidInVain() {
        changed = true;
    }

    synchronized Leases.Beat beat() {
        changed = false;
        return new Leases.Beat(claim.id(), claim.version(), stage, progress);
    }
}
