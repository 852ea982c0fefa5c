package io.jobtrail.api;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.metrics.ProcessMetrics;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobReader;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * {@code GET /metrics}: what this process measures, and how the pipeline stands, which is asked of Postgres with every scrape.
 * Without Postgres, or if it does not answer within two seconds, there is no number about jobs, rather than an old one: what the
 * process measures itself is wanted most when something hangs.
 */
final class MetricsEndpoint {
    /** Of what is done before and after all routes, which a made-up method can be the name of. */
    private static final String EVERY_PATH = "*";

    private final ProcessMetrics metrics;
    private final HealthChecks health;
    private final Probe<Numbers> numbers;
    private final MultiGauge jobs;
    private final MultiGauge oldestWaits;
    private final AtomicInteger reasons = new AtomicInteger();

    private record Numbers(Map<QueueName, Map<JobState, Long>> jobs, Map<QueueName, Double> oldestWaits) {
        static final Numbers UNKNOWN = new Numbers(Map.of(), Map.of());
    }

    MetricsEndpoint(ProcessMetrics metrics, JobReader reader, HealthChecks health) {
        this.metrics = metrics;
        this.health = health;
        numbers = new Probe<>(() -> ask(reader), () -> Numbers.UNKNOWN, Duration.ZERO, MetricsEndpoint::begin);
        jobs = MultiGauge.builder("jobtrail.jobs")
                .description("jobs that are not hidden, by queue and state")
                .register(metrics.registry());
        oldestWaits = MultiGauge.builder("jobtrail.queue.oldest.wait")
                .description("for how long the oldest due job of the queue has waited; none is due: no number")
                .baseUnit("seconds")
                .register(metrics.registry());
        Gauge.builder("jobtrail.degraded.reasons", reasons, AtomicInteger::get)
                .description("what is missing or wrong, as /health says; jobs that need somebody are in jobtrail_jobs")
                .register(metrics.registry());
    }

    void scrape(Context ctx) {
        var faults = health.faults();
        var text = text(faults.reasons().size(), faults.up() ? numbers.ask() : Numbers.UNKNOWN);
        ctx.contentType(ProcessMetrics.CONTENT_TYPE).result(text);
    }

    /** One at a time: while the rows are exchanged, another would see some of them only. */
    private synchronized String text(int wrong, Numbers numbers) {
        reasons.set(wrong);
        jobs.register(
                numbers.jobs().entrySet().stream()
                        .flatMap(queue -> queue.getValue().entrySet().stream().map(state -> row(queue.getKey(), state)))
                        .toList(),
                true);
        oldestWaits.register(
                numbers.oldestWaits().entrySet().stream()
                        .map(wait ->
                                MultiGauge.Row.of(Tags.of("queue", wait.getKey().wireName()), wait.getValue()))
                        .toList(),
                true);
        return metrics.scrape();
    }

    private static Numbers ask(JobReader reader) {
        try {
            return new Numbers(reader.counts(), reader.oldestWaits());
        } catch (DatabaseFailure e) {
            return Numbers.UNKNOWN;
        }
    }

    /** The probe has one question under way at a time, which nobody waits for when the process ends. */
    private static void begin(Runnable question) {
        var asking = new Thread(question, "metrics");
        asking.setDaemon(true);
        asking.start();
    }

    private static MultiGauge.Row<Number> row(QueueName queue, Map.Entry<JobState, Long> state) {
        return MultiGauge.Row.of(
                Tags.of("queue", queue.wireName(), "status", state.getKey().wireName()), state.getValue());
    }

    /** By route and not by path, which holds ids; and by no method that callers make up, of which there is no end. */
    void measure(Context ctx, float milliseconds) {
        var matched = ctx.endpoints().matchedHttpEndpoint();
        Timer.builder("http.server.requests")
                .description("requests that were answered, by route and never by path")
                .tag(
                        "method",
                        HandlerType.commonHttp().contains(ctx.method())
                                ? ctx.method().name()
                                : "other")
                .tag("route", matched == null || matched.path.equals(EVERY_PATH) ? "none" : matched.path)
                .tag("status", Integer.toString(ctx.statusCode()))
                .register(metrics.registry())
                .record(Duration.ofNanos((long) (milliseconds * 1e6)));
    }
}
