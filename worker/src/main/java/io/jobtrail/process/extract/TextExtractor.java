package io.jobtrail.process.extract;

import io.jobtrail.document.WorkDirectory;
import io.jobtrail.process.extract.Message.Request;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Gets the text out of documents in separate processes, so that a hostile file can at worst cost one of those. Keeps the
 * processes for the next documents; starts them only when they are needed. Safe for use from several threads.
 */
public final class TextExtractor implements AutoCloseable {
    /** A process is replaced after so many documents, so that what parsers leak stays small. */
    private static final int DOCUMENTS_PER_PROCESS = 200;

    private final int heapMb;
    private final Duration timeout;
    private final long maxCharacters;
    private final WorkDirectory work;
    private final Semaphore slots;
    private final Deque<ParserProcess> idle = new ArrayDeque<>();
    private final Set<ParserProcess> all = new HashSet<>();
    private boolean closed;

    /**
     * @param processes how many documents are parsed at the same time; further callers wait
     * @param work for the files that parsers make
     */
    public TextExtractor(int processes, int heapMb, Duration timeout, long maxCharacters, WorkDirectory work) {
        this.heapMb = heapMb;
        this.timeout = timeout;
        this.maxCharacters = maxCharacters;
        this.work = work;
        this.slots = new Semaphore(processes, true);
    }

    /**
     * Writes the text of a file to a page file. The time limit starts when a process is ready for it.
     *
     * @param limit asked when a process was found; how long parsing may take, if that is less than the extractor's own limit
     * @param checkCancelled asked several times a second; what it throws ends the parsing
     * @throws io.jobtrail.handler.PermanentFailure {@code ENCRYPTED}, {@code NO_TEXT}, {@code INPUT_CORRUPT}, {@code
     *     UNSUPPORTED_TYPE}, {@code EXTRACT_LIMIT} or {@code PARSER_TIMEOUT}
     * @throws io.jobtrail.handler.RetryableFailure {@code PARSER_CRASHED}
     */
    public Extraction extract(Path input, Path pages, Supplier<Duration> limit, Runnable checkCancelled)
            throws IOException, InterruptedException {
        while (!slots.tryAcquire(250, TimeUnit.MILLISECONDS)) {
            checkCancelled.run();
        }
        try {
            ParserProcess process = take();
            try {
                Duration asked = limit.get();
                Duration shorter = asked.compareTo(timeout) < 0 ? asked : timeout;
                return process.parse(new Request(input, pages, maxCharacters), shorter, checkCancelled);
            } finally {
                giveBack(process);
            }
        } finally {
            slots.release();
        }
    }

    private synchronized ParserProcess take() throws IOException {
        if (closed) {
            throw new IllegalStateException("closed");
        }
        for (ParserProcess process = idle.poll(); process != null; process = idle.poll()) {
            if (process.isAlive()) {
                return process;
            }
            all.remove(process);
        }
        ParserProcess process = new ParserProcess(heapMb, work.newDirectory("parser-"));
        all.add(process);
        return process;
    }

    private synchronized void giveBack(ParserProcess process) {
        if (process.isAlive() && process.documents() < DOCUMENTS_PER_PROCESS && !closed) {
            idle.push(process);
        } else {
            process.close();
            all.remove(process);
        }
    }

    /** Kills all processes, also those at work: their callers get {@code PARSER_CRASHED}. */
    @Override
    public synchronized void close() {
        closed = true;
        all.forEach(ParserProcess::close);
        all.clear();
        idle.clear();
    }
}
