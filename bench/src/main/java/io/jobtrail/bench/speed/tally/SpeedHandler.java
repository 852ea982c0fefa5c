package io.jobtrail.bench.speed.tally;

import io.jobtrail.handler.JobContext;
import io.jobtrail.handler.JobHandler;
import io.jobtrail.job.Job;
import java.nio.file.Path;

/** Jobtrail's handler of the benchmark: notes when the job was sent and when it started, and does nothing. */
public final class SpeedHandler implements JobHandler {
    public static final String NAME = "speed";

    /** Environment variable that names the file of the tally. */
    public static final String TALLY = "SPEED_TALLY";

    private final Tally handled = new Tally(Path.of(System.getenv(TALLY)));

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Object handle(Job job, JobContext context) {
        handled.add(Payload.sent(job.input()), Tally.now());
        return null;
    }
}
