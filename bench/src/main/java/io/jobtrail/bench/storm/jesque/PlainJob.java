package io.jobtrail.bench.storm.jesque;

import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger.Ending;
import java.util.UUID;

/** A job as Jesque wants it: a class that Jesque instantiates with the arguments found in Redis. Notes its begin and end. */
public final class PlainJob implements Runnable {
    static final String QUEUE = "storm";
    static final String NAME = "PlainJob";

    /** Jesque gives a job nothing but its arguments, so what belongs to the process has to be found here. */
    static volatile HandlerLedger ledger;

    private final int n;
    private final int millis;

    public PlainJob(Integer n, Integer millis) {
        this.n = n;
        this.millis = millis;
    }

    /** Plain Jesque has no ids; the ledgers want one. */
    static UUID id(int n) {
        return new UUID(0, n);
    }

    @Override
    public void run() {
        ledger.begin(id(n), 1, n);
        var ending = Ending.STOPPED;
        try {
            Thread.sleep(millis);
            ending = Ending.RETURNED;
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        } finally {
            ledger.end(id(n), 1, n, null, ending);
        }
    }
}
