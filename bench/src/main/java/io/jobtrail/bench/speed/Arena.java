package io.jobtrail.bench.speed;

import io.jobtrail.bench.process.Checkout;
import io.jobtrail.bench.process.Parts;
import io.jobtrail.bench.speed.peer.Contestants;
import java.nio.file.Path;
import java.util.List;

/**
 * Where it is measured, and who is.
 *
 * @param parts everything that has to be stopped
 * @param logs directory for the output of all programs
 * @param contestants their names
 */
record Arena(Checkout checkout, Servers servers, Parts parts, Path logs, List<String> contestants) {
    /** @param flushMatters only those whom a slower flush can make slower */
    List<String> contestants(boolean flushMatters) {
        return contestants.stream()
                .filter(name -> !flushMatters || Contestants.named(name).usesPostgres())
                .toList();
    }
}
