package io.jobtrail.api;

import io.javalin.http.Context;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.metrics.ProcessMetrics;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobReader;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * {@code GET /metrics}: what this process measures, and how the pipeline stands, which is asked of Postgres with every scrape.
 * Without Postgres there is no number about jobs, rather than an old one.
 */
final class MetricsEndpoint {
    private final ProcessMetrics metrics;
    private final JobReader reader;
    private final HealthEndpoint health;
    private final MultiGauge jobs;
    private final MultiGauge oldestWaits;
    private final AtomicInteger reasons;

    MetricsEndpoint(ProcessMetrics metrics, JobReader reader, HealthEndpoint health) {
        this.metrics = metrics;
        this.reader = reader;
        this.health = health;
        jobs = MultiGauge.builder("jobtrail.jobs")
                .description("jobs that are not hidden, by queue and state")
                .register(metrics.registry());
        oldestWaits = MultiGauge.builder("jobtrail.queue.oldest.wait")
                .description("for how long the oldest due job of the queue has waited; none is due: no number")
                .baseUnit("seconds")
                .register(metrics.registry());
        reasons = metrics.registry().gauge("jobtrail.degraded.reasons", new AtomicInteger());
    }

    void scrape(Context ctx) {
        reasons.set(health.standing().reasons().size());
        try {
            jobs.register(
                    reader.counts().entrySet().stream()
                            .flatMap(queue ->
                                    queue.getValue().entrySet().stream().map(state -> row(queue.getKey(), state)))
                            .toList(),
                    true);
            oldestWaits.register(
                    reader.oldestWaits().entrySet().stream()
                            .map(wait -> MultiGauge.Row.of(
                                    Tags.of("queue", wait.getKey().wireName()), wait.getValue()))
                            .toList(),
                    true);
        } catch (DatabaseFailure e) {
            jobs.register(List.of(), true);
            oldestWaits.register(List.of(), true);
        }
        ctx.contentType(ProcessMetrics.CONTENT_TYPE).result(metrics.scrape());
    }

    private static MultiGauge.Row<Number> row(QueueName queue, Map.Entry<JobState, Long> state) {
        return MultiGauge.Row.of(
                Tags.of("queue", queue.wireName(), "status", state.getKey().wireName()), state.getValue());
    }

    /** By route and not by path, which holds ids. */
    void measure(Context ctx, float milliseconds) {
        var matched = ctx.endpoints().matchedHttpEndpoint();
        metrics.registry()
                .timer(
                        "http.server.requests",
                        "method",
                        ctx.method().name(),
                        "route",
                        matched == null ? "none" : matched.path,
                        "status",
                        Integer.toString(ctx.statusCode()))
                .record(Duration.ofNanos((long) (milliseconds * 1e6)));
    }
}
