package io.jobtrail.job;

import java.util.Collection;
import java.util.UUID;

/**
 * Hears which jobs have just been changed, after the commit. What it hears is a hint: some changes are never told. Must neither
 * throw nor wait.
 */
@FunctionalInterface
public interface ChangeListener {
    ChangeListener NOBODY = jobs -> {};

    void changed(Collection<UUID> jobs);
}
