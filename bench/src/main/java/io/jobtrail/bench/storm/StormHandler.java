package io.jobtrail.bench.storm;

import io.jobtrail.bench.storm.ledger.HandlerLedger;
import io.jobtrail.bench.storm.ledger.HandlerLedger.Ending;
import io.jobtrail.document.Sha256;
import io.jobtrail.handler.JobContext;
import io.jobtrail.handler.JobHandler;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.RetryableFailure;
import io.jobtrail.job.Job;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.List;
import java.util.Objects;

/**
 * The handler of the storm's jobs: reads what was sent, leaves chunks behind, takes its time, and ends as its {@link Order}
 * says. Notes the beginning and end of each attempt in the handler's ledger, whatever the worker makes of it.
 */
public final class StormHandler implements JobHandler {
    static final String NAME = "storm";
    static final String DIRECTORY = "STORM_DIRECTORY";

    private static final int CHUNKS = 3;
    private static final int SLICE_MILLIS = 10;

    private final HandlerLedger ledger;

    /** For the worker that finds this handler in a jar; {@value #DIRECTORY} names the directory of the run. */
    public StormHandler() {
        this(new HandlerLedger(Path.of(
                Objects.requireNonNull(System.getenv(DIRECTORY), DIRECTORY + " must name the directory of the run"))));
    }

    StormHandler(HandlerLedger ledger) {
        this.ledger = ledger;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Object handle(Job job, JobContext context) throws Exception {
        boolean hasDocument = job.input().isEmpty();
        var order = Order.of(hasDocument ? job.options() : job.input());
        ledger.begin(job.id(), job.attempt(), order.n());
        String sha256 = null;
        var ending = Ending.STOPPED;
        try {
            sha256 = hasDocument ? read(context.document()) : Sha256.of(Order.canonicalBytes(job.input()));
            work(order, job, context);
            ending = Ending.FAILED;
            failAsTold(order, job);
            ending = Ending.RETURNED;
        } finally {
            ledger.end(job.id(), job.attempt(), order.n(), sha256, ending);
        }
        return ledger.result(order.n(), sha256, job.attempt());
    }

    private static String read(JobContext.Document document) throws IOException {
        var digest = Sha256.digest();
        try (var bytes = new DigestInputStream(document.open(), digest)) {
            bytes.transferTo(OutputStream.nullOutputStream());
        }
        return Sha256.hex(digest);
    }

    /** Half of the time passes before the chunks are stored and half after, so that a crash finds attempts with and without. */
    private static void work(Order order, Job job, JobContext context) throws InterruptedException {
        sleep(order.millis() / 2, context);
        for (int i = 0; i < CHUNKS; i++) {
            var text = "chunk %d of submission %d, attempt %d".formatted(i, order.n(), job.attempt());
            context.addChunks(List.of(new JobContext.Chunk(text, 8, null, null, new float[] {order.n(), i})));
        }
        sleep(order.millis() - order.millis() / 2, context);
    }

    private static void sleep(int millis, JobContext context) throws InterruptedException {
        var end = System.nanoTime() + millis * 1_000_000L;
        context.checkCancelled();
        for (long left; (left = (end - System.nanoTime()) / 1_000_000) > 0; ) {
            Thread.sleep(Math.min(left, SLICE_MILLIS));
            context.checkCancelled();
        }
    }

    private static void failAsTold(Order order, Job job) {
        switch (order.fail()) {
            case NEVER -> {}
            case ONCE -> {
                if (job.attempt() == 1) {
                    throw new RetryableFailure("STORM_ONCE", "the first attempt is meant to fail");
                }
            }
            case PERMANENT -> throw new PermanentFailure("STORM_PERMANENT", "every attempt is meant to fail");
        }
    }
}
