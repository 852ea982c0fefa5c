package io.jobtrail.run;

import io.jobtrail.job.Claim;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobStore;
import io.jobtrail.trace.JobLogContext;
import java.time.Duration;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a process that has to stop parts from its running jobs, so that none is left behind. Starts and claims nothing. */
final class Ending {
    private static final Logger LOG = LoggerFactory.getLogger(Ending.class);
    private static final Duration TO_HEAR_THE_INTERRUPT = Duration.ofSeconds(3);

    private final JobStore store;
    private final Heartbeats heartbeats;

    Ending(JobStore store, Heartbeats heartbeats) {
        this.store = store;
        this.heartbeats = heartbeats;
    }

    /**
     * Lets those jobs end that end in time, and gives the rest back to their queues.
     *
     * @param patience how long running jobs may go on
     * @param haveEnded waits up to the given time for the attempts, and answers whether all have ended
     */
    void within(Duration patience, Predicate<Duration> haveEnded) {
        if (!haveEnded.test(patience)) {
            heartbeats.stopAll();
            if (!haveEnded.test(TO_HEAR_THE_INTERRUPT)) {
                giveBackByForce();
            }
        }
    }

    /** For handlers that do not hear the interrupt: the fence refuses whatever they still try to write. */
    private void giveBackByForce() {
        var claims = heartbeats.held().stream().map(LiveContext::claim).toList();
        try {
            var left = store.giveBack(claims, "WORKER_SHUTDOWN");
            claims.stream().filter(claim -> left.containsKey(claim.id())).forEach(claim -> {
                try (var log = JobLogContext.of(claim)) {
                    var state = left.get(claim.id()).wireName();
                    LOG.warn("job {} did not stop when asked; it is {} now", claim.id(), state);
                }
            });
        } catch (DatabaseFailure e) {
            LOG.error(
                    "{} jobs could not be given back ({}); they are released once their lease is over: {}",
                    claims.size(),
                    e.getMessage(),
                    claims.stream().map(Claim::id).toList());
        }
    }
}
