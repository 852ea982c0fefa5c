package io.jobtrail.handler;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a running attempt can do beside computing: say how far it is, notice that it should stop, read its document, ask a
 * person.
 */
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

    /**
     * The answer of a person. When there is none yet, this attempt ends here, by an exception to let pass: the job waits in
     * {@code awaiting_input}, without a worker, a lease or a limit of time, and the attempt is not charged. Once somebody has
     * answered, the handler runs again <b>from the start</b>, perhaps in another process, and this call gives the answer. So
     * what comes before it is done twice, unless {@link #answer} and {@link #keepChunks} spare it; and the handler must ask
     * under the same name again. An answer stands for good, also after a retry by an operator. A prompt that cannot be stored
     * fails the job as {@code PROMPT_INVALID}.
     */
    Answer ask(Prompt prompt);

    /** The answer that was given to the prompt of this name; never waits. Empty when it was not asked, or not answered. */
    Optional<Answer> answer(String name);

    /**
     * Takes over the chunks that the attempt had added which asked the prompt of this name. To be called before any are added.
     *
     * @param count how many these were
     * @return false when they are not all there any more, as after a cancellation and a retry: then the work has to be done anew
     */
    boolean keepChunks(String name, int count);

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
