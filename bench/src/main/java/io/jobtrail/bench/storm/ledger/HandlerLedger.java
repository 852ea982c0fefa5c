package io.jobtrail.bench.storm.ledger;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * What the handlers did, whatever anybody else believes: {@code handler.jsonl}, appended to by all worker processes. A line is
 * not forced to the disk, because it has to outlive its process only, not the machine.
 */
public final class HandlerLedger implements AutoCloseable {
    public static final String FILE = "handler.jsonl";

    public enum Kind {
        BEGIN,
        END
    }

    /** How an attempt ended in the handler's own eyes. */
    public enum Ending {
        /** It is about to return its result. */
        RETURNED,
        /** It is about to throw, as its submission wants it to. */
        FAILED,
        /** It was interrupted or asked to stop, or something else went wrong. */
        STOPPED
    }

    /**
     * @param n number of the submission, as the job's input says
     * @param sha256 of the bytes that were read; null at the beginning, and when they were not all read
     */
    public record Entry(Kind kind, long at, UUID job, int attempt, long pid, Integer n, String sha256, Ending ending) {}

    /** The result of the storm's handler: says which attempt made it, and from what. Stored as it is. */
    public record Result(int n, String sha256, int attempt, long pid) {}

    private final JsonLines lines;
    private final long pid = ProcessHandle.current().pid();

    public HandlerLedger(Path directory) {
        lines = new JsonLines(directory.resolve(FILE));
    }

    static List<Entry> read(Path directory) {
        return JsonLines.read(directory.resolve(FILE), Entry.class);
    }

    public void begin(UUID job, int attempt, int n) {
        lines.append(new Entry(Kind.BEGIN, JsonLines.now(), job, attempt, pid, n, null, null));
    }

    /** The last thing that an attempt does. */
    public void end(UUID job, int attempt, int n, String sha256, Ending ending) {
        lines.append(new Entry(Kind.END, JsonLines.now(), job, attempt, pid, n, sha256, ending));
    }

    public Result result(int n, String sha256, int attempt) {
        return new Result(n, sha256, attempt, pid);
    }

    @Override
    public void close() {
        lines.close();
    }
}
