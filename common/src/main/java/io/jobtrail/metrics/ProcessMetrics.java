package io.jobtrail.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/**
 * What one process measures about itself, for Prometheus. Handlers that measure with Micrometer's global registry are shown
 * too. Knows neither what is measured nor how it is asked for.
 */
public final class ProcessMetrics implements AutoCloseable {
    /** The text form of Prometheus. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics garbageCollection = new JvmGcMetrics();

    public ProcessMetrics() {
        // Instead of the nanoseconds that Micrometer counts it in, which no other Prometheus client does.
        registry.config().meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"));
        registry.config().meterFilter(new MeterFilter() {
            /** Its own name ends like a series of a histogram. */
            @Override
            public Meter.Id map(Meter.Id id) {
                return id.getName().equals("system.cpu.count") ? id.withName("system.cpus") : id;
            }
        });
        FunctionCounter.builder("process.cpu", this, ProcessMetrics::cpuSeconds)
                .baseUnit("seconds")
                .description("Processor time that the process has used")
                .register(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        garbageCollection.bindTo(registry);
        Gauge.builder("process.resident.memory", () -> Footprint.residentBytes().orElse(0))
                .baseUnit("bytes")
                .description("Memory that the process holds, heap and all else; 0 where the system does not tell")
                .register(registry);
        Metrics.addRegistry(registry);
    }

    private static double cpuSeconds(ProcessMetrics metrics) {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(time -> time.toNanos() / 1e9)
                .orElse(0.0);
    }

    public MeterRegistry registry() {
        return registry;
    }

    public String scrape() {
        return registry.scrape(CONTENT_TYPE);
    }

    @Override
    public void close() {
        Metrics.removeRegistry(registry);
        garbageCollection.close();
        registry.close();
    }
}
