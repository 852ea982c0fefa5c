package io.jobtrail.job;

import java.util.Set;
import java.util.UUID;

/**
 * Which jobs a list shows, newest first. Null = any.
 *
 * @param search part of the file name or of the error text, or the beginning of an id
 * @param before only jobs older than this one (where the page before ended)
 * @param limit at least 1
 * @param batch the jobs that were sent together under this id
 */
public record JobFilter(
        String realm,
        QueueName queue,
        Set<JobState> states,
        String handler,
        String errorCode,
        String search,
        UUID before,
        int limit,
        UUID batch) {

    /** Of whatever batch, or of none. */
    public JobFilter(
            String realm,
            QueueName queue,
            Set<JobState> states,
            String handler,
            String errorCode,
            String search,
            UUID before,
            int limit) {
        this(realm, queue, states, handler, errorCode, search, before, limit, null);
    }
}
