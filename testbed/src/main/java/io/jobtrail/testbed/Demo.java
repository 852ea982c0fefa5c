package io.jobtrail.testbed;

import io.jobtrail.client.JobtrailClient;
import io.jobtrail.client.Submission;
import io.jobtrail.client.TrailEvent;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Sends documents through a running stack and prints what happens to them. It starts and stops nothing. */
final class Demo {
    static final String REALM = "demo";

    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");
    private static final Duration POLL = Duration.ofMillis(25);

    /** Odd, so that the median is one of them. */
    private static final int LATENCY_JOBS = 21;

    private final JobtrailClient client;
    private final BooleanSupplier isServing;
    private final Duration limit;
    private final PrintStream out;
    private long deadline;

    /**
     * @param isServing false when there is nothing left to wait for, because processes have died
     * @param limit for everything together
     */
    Demo(JobtrailClient client, BooleanSupplier isServing, Duration limit, PrintStream out) {
        this.client = client;
        this.isServing = isServing;
        this.limit = limit;
        this.out = out;
    }

    /** @return whether every job finished and every trail was verified */
    boolean run(List<Path> files) {
        deadline = System.nanoTime() + limit.toNanos();
        List<DemoJob> jobs = new ArrayList<>();
        for (Path file : files) {
            jobs.add(new DemoJob(client, file.getFileName().toString(), client.enqueue(file, Submission.usual())));
        }
        int width = jobs.stream().mapToInt(job -> job.name().length()).max().orElse(0);
        if (!follow(jobs, job -> event -> out.println(line(job, event, width)))) {
            return false;
        }
        out.println();
        jobs.forEach(job -> out.println(job.report() + "\n"));

        List<DemoJob> idle = sendOneAfterAnother();
        if (idle.size() < LATENCY_JOBS) {
            return false;
        }
        if (idle.stream().allMatch(DemoJob::isFinished)) {
            List<Duration> sorted =
                    idle.stream().map(DemoJob::untilStart).sorted().toList();
            out.printf(
                    "idle latency enqueue -> start: median %.1f ms (%d jobs)%n",
                    sorted.get(LATENCY_JOBS / 2).toNanos() / 1e6, LATENCY_JOBS);
        }
        jobs.addAll(idle);
        return verdict(jobs);
    }

    private List<DemoJob> sendOneAfterAnother() {
        List<DemoJob> done = new ArrayList<>();
        for (int i = 1; i <= LATENCY_JOBS; i++) {
            String name = "idle-" + i + ".txt";
            DemoJob job = new DemoJob(client, name, client.enqueue(name, tinyText(i), Submission.usual()));
            if (!follow(List.of(job), any -> event -> {})) {
                break;
            }
            done.add(job);
        }
        return done;
    }

    private static byte[] tinyText(int number) {
        return ("A tiny text, number " + number + ".\n").getBytes(StandardCharsets.UTF_8);
    }

    private boolean verdict(List<DemoJob> jobs) {
        List<DemoJob> bad = jobs.stream()
                .filter(job -> !job.isFinished() || !job.isVerified())
                .toList();
        if (bad.isEmpty()) {
            out.println("All " + jobs.size() + " jobs finished, all trails verified.");
            return true;
        }
        bad.forEach(job -> out.println(
                job.name() + ": " + job.state() + (job.isVerified() ? "" : ", its trail could not be verified")));
        return false;
    }

    /** Waits for the end of all jobs. @return false, having said why, when that cannot be waited for any longer */
    private boolean follow(List<DemoJob> jobs, Listener listener) {
        List<DemoJob> open = new ArrayList<>(jobs);
        while (true) {
            for (DemoJob job : open) {
                job.refresh(listener.of(job));
            }
            open.removeIf(DemoJob::isFinal);
            if (open.isEmpty()) {
                return true;
            }
            if (!isServing.getAsBoolean()) {
                out.println("Gave up: a process that is needed has ended. Not done: " + names(open));
                return false;
            }
            if (System.nanoTime() > deadline) {
                out.println("Gave up after " + limit.toSeconds() + " s. Not done: " + names(open));
                return false;
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(POLL.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static String names(List<DemoJob> jobs) {
        return jobs.stream().map(job -> job.name() + " (" + job.state() + ")").collect(Collectors.joining(", "));
    }

    private static String line(DemoJob job, TrailEvent event, int width) {
        return LocalTime.ofInstant(event.timestamp(), ZoneId.systemDefault()).format(CLOCK)
                + String.format("  %-" + Math.max(1, width) + "s  %-7s  ", job.name(), job.queue())
                + event.newState()
                + DemoJob.reason(event);
    }

    /** Who hears of a job's events. */
    private interface Listener {
        Consumer<TrailEvent> of(DemoJob job);
    }
}
