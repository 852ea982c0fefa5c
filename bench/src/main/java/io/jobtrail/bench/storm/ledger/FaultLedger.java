package io.jobtrail.bench.storm.ledger;

import java.nio.file.Path;
import java.util.List;

/** What was done to the system: {@code faults.jsonl}. The checker takes nothing but the times of recovery from it. */
public final class FaultLedger implements AutoCloseable {
    public static final String FILE = "faults.jsonl";

    /**
     * @param kind such as {@code kill}
     * @param target such as {@code worker-1}
     * @param pid the process it was done to; null when it was done to none
     * @param from epoch microseconds, taken before it was done
     * @param to when it was over; null for what does not pass, such as a kill
     * @param detail anything worth knowing; may be null
     */
    public record Entry(String kind, String target, Long pid, long from, Long to, String detail) {}

    private final JsonLines lines;

    public FaultLedger(Path directory) {
        lines = new JsonLines(directory.resolve(FILE));
    }

    static List<Entry> read(Path directory) {
        return JsonLines.read(directory.resolve(FILE), Entry.class);
    }

    public static long now() {
        return JsonLines.now();
    }

    public void done(Entry fault) {
        lines.append(fault);
    }

    @Override
    public void close() {
        lines.close();
    }
}
