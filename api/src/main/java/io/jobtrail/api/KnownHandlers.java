package io.jobtrail.api;

import io.jobtrail.store.JobReader;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;

/** The handler names that are accepted, remembered for a moment so that not every submission asks the database. */
final class KnownHandlers implements Supplier<Set<String>> {
    private static final long FRESH_NANOS = Duration.ofSeconds(2).toNanos();

    private final JobReader reader;
    private volatile Snapshot snapshot;

    KnownHandlers(JobReader reader) {
        this.reader = reader;
    }

    private record Snapshot(Set<String> names, long takenAt) {}

    @Override
    public Set<String> get() {
        var known = snapshot;
        if (known == null || System.nanoTime() - known.takenAt() > FRESH_NANOS) {
            known = new Snapshot(reader.handlers(), System.nanoTime());
            snapshot = known;
        }
        return known.names();
    }
}
