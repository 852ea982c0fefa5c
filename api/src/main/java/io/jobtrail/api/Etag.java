package io.jobtrail.api;

import io.jobtrail.job.JobDetails;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * The version of a job's status as HTTP names it. Weak: it leaves out what changes all the time and means nothing by itself, the
 * time of the last heartbeat and how many jobs are before this one.
 */
final class Etag {
    private Etag() {}

    static String of(JobDetails job, Why why) {
        var rest = new CRC32();
        var values = Arrays.asList(
                job.stage(),
                job.progress(),
                job.cancelRequested(),
                job.runAfter(),
                job.maxAttempts(),
                job.errorCode(),
                why.kind().name());
        rest.update(values.toString().getBytes(StandardCharsets.UTF_8));
        return "W/\"%d-%08x\"".formatted(job.version(), rest.getValue());
    }

    /** @param known the header If-None-Match, or null */
    static boolean matches(String known, String etag) {
        return known != null
                && Arrays.stream(known.split(","))
                        .map(String::strip)
                        .anyMatch(one -> one.equals("*") || opaque(one).equals(opaque(etag)));
    }

    private static String opaque(String etag) {
        return etag.startsWith("W/") ? etag.substring(2) : etag;
    }
}
