package io.jobtrail.bench.storm.patch;

import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.document.Sha256;
import io.jobtrail.handler.JobContext;
import io.jobtrail.handler.JobHandler;
import io.jobtrail.job.Job;
import java.nio.file.Path;

/**
 * Hashes the text it is given, and writes down that it did. Hears no interrupt, so that it comes back as a zombie when its
 * process was stopped. Runs in worker processes; {@code STORM_DIRECTORY} names the directory.
 */
public final class LedgerHandler implements JobHandler {
    static final String NAME = "ledger";

    private final HandlerLedger ledger = new HandlerLedger(Path.of(System.getenv("STORM_DIRECTORY")));

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Object handle(Job job, JobContext context) throws Exception {
        int n = ((Number) job.input().get("n")).intValue();
        ledger.begin(job.id(), job.attempt(), n);
        context.stage("hashing");
        long end = System.nanoTime() + ((Number) job.input().get("millis")).longValue() * 1_000_000;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        var sha256 = Sha256.of((String) job.input().get("text"));
        ledger.end(job.id(), job.attempt(), n, sha256, HandlerLedger.Ending.RETURNED);
        return ledger.result(n, sha256, job.attempt());
    }
}
