package io.jobtrail.sweep;

import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobActions;
import io.jobtrail.store.JobReader;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Purges jobs that ended so many days ago, with all that belongs to them. A batch that takes too long is tried again as a
 * smaller one; a job that takes too long alone is passed over until the next time. What may go is decided by the database.
 */
public final class Retention implements Sweep {
    static final int LARGEST = 1_000;
    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final String TIMED_OUT = "57014";

    private final JobReader reader;
    private final JobActions actions;
    private final int days;
    private final String actor;
    private final Duration patience;

    private int batch = LARGEST;
    private JobReader.Ended passed;
    private int purged;
    private int kept;
    private UUID firstKept;

    public Retention(JobReader reader, JobActions actions, int days, String actor) {
        this(reader, actions, days, actor, PATIENCE);
    }

    Retention(JobReader reader, JobActions actions, int days, String actor, Duration patience) {
        this.reader = reader;
        this.actions = actions;
        this.days = days;
        this.actor = actor;
        this.patience = patience;
    }

    @Override
    public String name() {
        return "retention";
    }

    @Override
    public Duration interval() {
        return Duration.ofHours(1);
    }

    @Override
    public Duration run() {
        var old = reader.ended(days, passed, batch);
        if (!old.isEmpty() && purge(old)) {
            passed = old.get(old.size() - 1);
        }
        if (!old.isEmpty()) {
            return Duration.ofMillis(100); // releases and pushes come in between
        }
        if (purged > 0) {
            LOG.info("purged {} jobs that ended more than {} days ago", purged, days);
        }
        if (kept > 0) {
            LOG.error(
                    "kept {} jobs whose trail does not verify, or is younger than they say; the first is {}: see --verify-trail",
                    kept,
                    firstKept);
        }
        passed = null;
        purged = 0;
        kept = 0;
        firstKept = null;
        return interval();
    }

    /** @return whether these are done with */
    private boolean purge(List<JobReader.Ended> old) {
        List<UUID> ids = old.stream().map(JobReader.Ended::id).toList();
        try {
            int gone = actions.purgeExpired(days, ids, patience, actor);
            purged += gone;
            if (gone < ids.size()) { // the others may also be locked, or be gone already
                note(reader.contradictions(days, ids));
            }
            batch = Math.min(LARGEST, batch + batch / 4 + 1);
            return true;
        } catch (DatabaseFailure e) {
            if (!e.sqlState().equals(TIMED_OUT)) {
                throw e;
            }
            batch = Math.max(1, ids.size() / 2);
            if (ids.size() == 1) {
                LOG.warn(
                        "job {} could not be purged within {} s; it is tried again in {} s",
                        ids.get(0),
                        patience.toSeconds(),
                        interval().toSeconds());
            }
            return ids.size() == 1;
        }
    }

    private void note(List<UUID> contradictions) {
        kept += contradictions.size();
        if (firstKept == null && !contradictions.isEmpty()) {
            firstKept = contradictions.get(0);
        }
    }
}
