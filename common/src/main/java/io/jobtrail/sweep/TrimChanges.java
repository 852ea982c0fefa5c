package io.jobtrail.sweep;

import io.jobtrail.store.Changes;
import java.time.Duration;

/** Takes away the list of changes that everybody has been able to read for an hour; the trail itself stays. */
public final class TrimChanges implements Sweep {
    private final Changes changes;

    public TrimChanges(Changes changes) {
        this.changes = changes;
    }

    @Override
    public String name() {
        return "changes";
    }

    @Override
    public Duration interval() {
        return Duration.ofSeconds(60);
    }

    @Override
    public Duration run() {
        return changes.trim() == 0 ? interval() : Duration.ZERO;
    }
}
