package io.jobtrail.sweep;

import io.jobtrail.store.AccessEvents;
import java.time.Duration;

/** Keeps the memory of refusals bounded, so that nobody fills the disk by knocking. How much is kept, the database decides. */
public final class PurgeAccessEvents implements Sweep {
    private final AccessEvents events;

    public PurgeAccessEvents(AccessEvents events) {
        this.events = events;
    }

    @Override
    public String name() {
        return "access_events";
    }

    @Override
    public Duration interval() {
        return Duration.ofMinutes(10);
    }

    @Override
    public Duration run() {
        return events.purge() == 0 ? interval() : Duration.ofSeconds(1);
    }
}
