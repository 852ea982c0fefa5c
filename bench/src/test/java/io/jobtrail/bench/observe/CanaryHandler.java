package io.jobtrail.bench.observe;

import io.jobtrail.handler.JobContext;
import io.jobtrail.handler.JobHandler;
import io.jobtrail.handler.RetryableFailure;
import io.jobtrail.job.Job;
import java.util.Map;

/** Fails with the words of its input, once as an error with a cause and then as a failure with a code; the third time it is done. */
public final class CanaryHandler implements JobHandler {
    @Override
    public String name() {
        return "canary";
    }

    @Override
    public Object handle(Job job, JobContext context) {
        var words = String.valueOf(job.input().get("words"));
        context.stage("reading");
        switch (job.attempt()) {
            case 1 -> throw new IllegalStateException(words, new IllegalArgumentException(words));
            case 2 -> throw new RetryableFailure("AGAIN", words);
            default -> {
                return Map.of("words", words);
            }
        }
    }
}
