package io.jobtrail.run;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * A few of the figures that a worker measures about itself, for the notice board: what a person wants to see of all workers at once.
 * All else stands in its metrics. Reads only what others have measured, and that not more often than the board is worth. For
 * one thread.
 */
public final class WorkerFigures {
    private static final Duration FRESH = Duration.ofSeconds(10);
    private static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();
    private static final Path STATUS = Path.of("/proc/self/status");

    private final MeterRegistry meters;
    private final LongSupplier clock;
    private final Deque<Sample> samples = new ArrayDeque<>();
    private Map<String, Object> figures;

    /** Jobs finished by queue, since the start of the process. */
    private record Sample(long nanos, Map<String, Long> finished) {}

    public WorkerFigures(MeterRegistry meters) {
        this(meters, System::nanoTime);
    }

    /** @param clock in nanoseconds */
    WorkerFigures(MeterRegistry meters, LongSupplier clock) {
        this.meters = meters;
        this.clock = clock;
    }

    /** What JSON can say: counts since the start of the process, milliseconds, bytes. */
    public Map<String, Object> now() {
        var now = clock.getAsLong();
        if (figures == null || now - samples.getLast().nanos() >= FRESH.toNanos()) {
            samples.add(new Sample(now, finishedByQueue()));
            figures = read(now);
        }
        return figures;
    }

    private Map<String, Object> read(long now) {
        var read = new LinkedHashMap<String, Object>();
        read.put("finished", attempts("finished"::equals));
        read.put("failed", attempts("failed"::equals));
        read.put("retried", attempts("retrying"::equals));
        var lost = meters.find("jobtrail.claims.lost").counter();
        read.put("claims_lost", lost == null ? 0 : (long) lost.count());
        var runs = meters.find("jobtrail.run").timer();
        if (runs != null && runs.count() > 0) {
            var snapshot = runs.takeSnapshot();
            read.put("run_ms_mean", rounded(snapshot.mean(TimeUnit.MILLISECONDS)));
            for (var percentile : snapshot.percentileValues()) {
                if (percentile.percentile() == AttemptMeters.HIGH_PERCENTILE) {
                    read.put("run_ms_p95", rounded(percentile.value(TimeUnit.MILLISECONDS)));
                }
            }
        }
        var commits = meters.find("jobtrail.commit.items").summaries();
        long statements = commits.stream().mapToLong(DistributionSummary::count).sum();
        if (statements > 0) {
            var items = commits.stream()
                    .mapToDouble(DistributionSummary::totalAmount)
                    .sum();
            read.put("commit_items_mean", rounded(items / statements));
        }
        read.put("finished_last_minute", lastMinute(now));
        var runtime = Runtime.getRuntime();
        read.put("heap_bytes", runtime.totalMemory() - runtime.freeMemory());
        read.put("heap_max_bytes", runtime.maxMemory());
        var resident = residentBytes();
        if (resident > 0) {
            read.put("rss_bytes", resident);
        }
        return read;
    }

    private long attempts(Predicate<String> outcome) {
        return timers().stream()
                .filter(timer -> outcome.test(timer.getId().getTag("outcome")))
                .mapToLong(Timer::count)
                .sum();
    }

    private Collection<Timer> timers() {
        return meters.find("jobtrail.attempt").timers();
    }

    private Map<String, Long> finishedByQueue() {
        var finished = new TreeMap<String, Long>();
        timers().stream()
                .filter(timer -> "finished".equals(timer.getId().getTag("outcome")))
                .forEach(timer -> finished.merge(timer.getId().getTag("queue"), timer.count(), Long::sum));
        return finished;
    }

    /** Samples are some seconds apart: the one that is a minute old, or little more, is taken for it. */
    private Map<String, Long> lastMinute(long now) {
        var then = samples.getFirst();
        for (var sample : samples) {
            if (now - sample.nanos() >= MINUTE_NANOS) {
                then = sample;
            }
        }
        while (samples.getFirst() != then) {
            samples.removeFirst();
        }
        var since = then;
        var scale = Math.min(1, (double) MINUTE_NANOS / Math.max(1, now - since.nanos()));
        var finished = new TreeMap<String, Long>();
        samples.getLast()
                .finished()
                .forEach((queue, count) ->
                        finished.put(queue, Math.round((count - since.finished().getOrDefault(queue, 0L)) * scale)));
        return finished;
    }

    private static double rounded(double value) {
        return Math.round(value * 10) / 10.0;
    }

    /** Memory of the whole process as Linux tells it; 0 elsewhere. */
    private static long residentBytes() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }
}
