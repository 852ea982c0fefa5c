package io.jobtrail.handler;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;

/** What a running attempt can do beside computing: say how far it is, notice that it should stop, read its document. */
public interface JobContext {

    /** Names what the attempt is doing now, for people who watch. Cheap: the newest name is written about once a second. */
    void stage(String name);

    /** Says how far the attempt is, from 0 to 1. Cheap, like {@link #stage}. */
    void progress(double done);

    /**
     * Throws when this attempt should stop: the job was cancelled, its time is up, or another worker has it. To be called at
     * every boundary between two steps; let the exception pass.
     */
    void checkCancelled();

    /** How long this attempt may still take, for steps that have a limit of their own; zero once its time is up. */
    Duration timeLeft();

    /** The document that was sent with the job. Throws {@link PermanentFailure} {@code NO_DOCUMENT} when there was none. */
    Document document();

    /**
     * Stores pieces of text that the attempt produced; they become visible when this attempt finishes the job, and never
     * otherwise. May be called many times; positions go on from call to call.
     */
    void addChunks(List<Chunk> chunks);

    /** The bytes that were sent with a job. */
    interface Document {
        /** The name the sender gave it, without directories; only for display. */
        String name();

        /** The media type as the sender declared it; not to be trusted. */
        String contentType();

        /** In bytes. */
        long size();

        /** Hexadecimal, in lower case. */
        String sha256();

        /** Streams the bytes; fails at the end with {@link PermanentFailure} {@code INPUT_CORRUPT} when they are not those that were sent. */
        InputStream open() throws IOException;
    }

    /**
     * A piece of a document's text.
     *
     * @param tokens estimated number of tokens of the text
     * @param pageFrom first page the text stands on, from 1; null when the document has no pages
     * @param embedding the vector for the text; finite numbers only
     */
    record Chunk(String text, int tokens, Integer pageFrom, Integer pageTo, float[] embedding) {}
}
