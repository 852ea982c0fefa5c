package io.jobtrail.bench.speed.peer.jesque;

import io.jobtrail.bench.speed.tally.Payload;
import io.jobtrail.bench.speed.tally.Tally;

/** A job as Jesque wants it: a class that Jesque instantiates with the arguments found in Redis. */
public final class PlainJob implements Runnable {
    /** Jesque gives a job nothing but its arguments, so what belongs to the process has to be found here. */
    static volatile Tally handled;

    private final String payload;

    public PlainJob(String payload) {
        this.payload = payload;
    }

    @Override
    public void run() {
        handled.add(Payload.sent(payload), Tally.now());
    }
}
