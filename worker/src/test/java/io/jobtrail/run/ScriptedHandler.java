package io.jobtrail.run;

import io.jobtrail.handler.JobContext;
import io.jobtrail.handler.JobHandler;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.job.Job;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The one handler of the tests. Does what a test scripted, or else what {@code do} in the job's input says. */
public final class ScriptedHandler implements JobHandler {
    static final String NAME = "scripted";

    private final BlockingQueue<UUID> started = new LinkedBlockingQueue<>();
    private final List<UUID> runs = new CopyOnWriteArrayList<>();
    private volatile Script script = ScriptedHandler::whatTheInputSays;

    /** What the handler does with a job. */
    interface Script {
        Object run(Job job, JobContext context) throws Exception;
    }

    /** From now on does this with every job. */
    void will(Script next) {
        script = next;
    }

    /** The next job that began; fails when none does. */
    UUID awaitStart() throws InterruptedException {
        var id = started.poll(20, TimeUnit.SECONDS);
        if (id == null) {
            throw new AssertionError("no job began within 20 s");
        }
        return id;
    }

    /** Every attempt so far, in the order in which they began. */
    List<UUID> runs() {
        return runs;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Object handle(Job job, JobContext context) throws Exception {
        runs.add(job.id());
        started.add(job.id());
        return script.run(job, context);
    }

    private static Object whatTheInputSays(Job job, JobContext context) throws InterruptedException {
        switch (String.valueOf(job.input().get("do"))) {
            case "fail" -> throw new PermanentFailure("ASKED_TO_FAIL", "as the input says");
            case "wait" -> {
                context.stage("waiting");
                context.progress(0.5);
                forEver();
            }
            case "exit" -> System.exit(7);
            case "wait for file" -> {
                while (!Files.exists(Path.of(job.input().get("file").toString()))) {
                    Thread.onSpinWait(); // hears no interrupt, as handlers should
                }
            }
            default -> context.stage("done");
        }
        return Map.of("attempt", job.attempt());
    }

    /** Until the thread is interrupted. */
    static void forEver() throws InterruptedException {
        new CountDownLatch(1).await();
    }
}
