package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.JobIds;

/** The name of a request in answers and logs: the caller's {@code X-Request-Id} when it is harmless, else a new one. */
final class RequestId {
    private static final String HEADER = "X-Request-Id";

    private RequestId() {}

    static String of(Context ctx) {
        String id = ctx.attribute(HEADER);
        if (id == null) {
            var given = ctx.header(HEADER);
            id = given != null && given.matches("[A-Za-z0-9_.:-]{1,64}")
                    ? given
                    : JobIds.next().toString();
            ctx.attribute(HEADER, id);
            ctx.header(HEADER, id);
        }
        return id;
    }
}
