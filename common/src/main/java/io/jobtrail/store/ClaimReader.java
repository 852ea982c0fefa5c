package io.jobtrail.store;

import io.jobtrail.job.Claim;
import io.jobtrail.store.SharedStatements.Failed;
import io.jobtrail.trace.JobLogContext;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes claims of the rows that were claimed. A job whose payload nobody can read, as somebody may have written it at psql, fails
 * at once and for good; it is no fault of the job that its reader may have come from, whose log context is left aside for it.
 */
final class ClaimReader {
    private static final Logger LOG = LoggerFactory.getLogger(ClaimReader.class);

    private final Consumer<Failed> failures;

    /** @param failures records what is handed to it, or throws */
    ClaimReader(Consumer<Failed> failures) {
        this.failures = failures;
    }

    /** Empty for a job that cannot be read: nobody is to run it. */
    Optional<Claim> read(ClaimedRow row) {
        try {
            return Optional.of(row.toClaim());
        } catch (IllegalStateException e) {
            fail(row, e);
            return Optional.empty();
        }
    }

    private void fail(ClaimedRow row, IllegalStateException unreadable) {
        try (var log = JobLogContext.of(row.withoutInput())) {
            LOG.warn("job {} fails: its payload cannot be read", row.id(), unreadable);
            try {
                failures.accept(new Failed(
                        row.id(), row.version(), "INPUT_CORRUPT", "the payload cannot be read", true, Duration.ZERO));
            } catch (DatabaseFailure e) {
                LOG.warn("job {} is released once its lease is over, as that was not recorded", row.id(), e);
            }
        }
    }
}
