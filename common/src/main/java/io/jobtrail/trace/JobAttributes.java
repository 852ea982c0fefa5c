package io.jobtrail.trace;

import io.opentelemetry.api.common.AttributeKey;

/** What spans say of jobs, by the same names in every process. Nothing that a caller or a handler wrote freely is among it. */
public final class JobAttributes {
    public static final AttributeKey<String> JOB_ID = AttributeKey.stringKey("jobtrail.job.id");
    public static final AttributeKey<String> REALM = AttributeKey.stringKey("jobtrail.realm");
    public static final AttributeKey<String> QUEUE = AttributeKey.stringKey("jobtrail.queue");
    public static final AttributeKey<String> HANDLER = AttributeKey.stringKey("jobtrail.handler");
    public static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("jobtrail.attempt");
    public static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("jobtrail.outcome");
    public static final AttributeKey<Long> JOBS = AttributeKey.longKey("jobtrail.jobs");

    /** As the semantic conventions of OpenTelemetry call it. */
    public static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    private JobAttributes() {}
}
