package io.jobtrail.bench.speed.report;

import io.jobtrail.bench.speed.Figure;
import java.util.ArrayList;
import java.util.List;

/** Figures that nobody measured, so that what the report must make of them is known. */
final class Forged {
    private final List<Figure> figures = new ArrayList<>();

    /** One value for each run, the first is run 1. */
    Forged rate(String workload, String contestant, String setting, double... values) {
        return metric(workload, contestant, setting, "completed_per_s", "jobs/s", values);
    }

    Forged latency(String workload, String contestant, double p50, double p95, double p99) {
        for (int run = 1; run <= 3; run++) {
            figures.add(new Figure(workload, contestant, "disk", run, "p50", p50, "ms"));
            figures.add(new Figure(workload, contestant, "disk", run, "p95", p95, "ms"));
            figures.add(new Figure(workload, contestant, "disk", run, "p99", p99, "ms"));
        }
        return this;
    }

    Forged metric(String workload, String contestant, String setting, String metric, String unit, double... values) {
        for (int i = 0; i < values.length; i++) {
            figures.add(new Figure(workload, contestant, setting, i + 1, metric, values[i], unit));
        }
        return this;
    }

    List<Figure> list() {
        return List.copyOf(figures);
    }

    /** Every workload, with goals met and missed and with a hole. */
    static Forged everything() {
        var forged = new Forged()
                .rate("mix", "jobtrail", "disk", 5_210, 5_480, 5_020)
                .rate("mix", "ceiling", "disk", 3_310, 3_890, 3_110)
                .rate("mix", "db-scheduler", "disk", 4_171, 3_749, 4_805)
                .rate("mix", "jesque", "disk", 10_134, 9_346, 11_939)
                .rate("mix", "jobrunr", "disk", 704, 528, 913)
                .rate("mix", "jobtrail", "flush-2ms", 3_900, 4_020, 3_610)
                .rate("mix", "ceiling", "flush-2ms", 1_078, 1_050, 1_099)
                .rate("mix", "db-scheduler", "flush-2ms", 1_240, 1_302, 1_190)
                .metric("mix", "jobtrail", "disk", "produced_per_s", "jobs/s", 5_300, 5_500, 5_100)
                .metric("mix", "jesque", "disk", "produced_per_s", "jobs/s", 15_467, 14_715, 18_108)
                .metric("mix", "jobtrail", "disk", "wal_bytes_per_job", "bytes", 2_410, 2_402, 2_433)
                .metric("mix", "jobtrail", "disk", "commits_per_job", "commits", 0.081, 0.079, 0.084)
                .rate("drain", "jobtrail", "disk", 5_600, 5_700, 5_500)
                .rate("drain", "ceiling", "disk", 3_400, 3_500, 3_300)
                .rate("drain", "jesque", "disk", 10_265, 9_573, 13_375)
                .latency("latency-200", "jobtrail", 1.24, 2.31, 8.95)
                .latency("latency-200", "db-scheduler", 54.8, 99.8, 104.3)
                .latency("latency-200", "jesque", 244.1, 474.4, 495.1)
                .latency("latency-50", "jobtrail", 0.92, 1.9, 18.4)
                .latency("latency-50", "jesque", 251.6, 476.2, 496.9)
                .metric("http-json", "jobtrail", "disk", "produced_per_s", "requests/s", 3_120, 3_320, 2_980)
                .metric("http-json", "bare-route", "disk", "produced_per_s", "requests/s", 34_521, 25_610, 38_014)
                .metric("http-file", "jobtrail", "disk", "produced_per_s", "requests/s", 480, 512, 466)
                .metric("http-file", "jobtrail", "disk", "rss_start_mb", "MB", 310, 312, 308)
                .metric("http-file", "jobtrail", "disk", "rss_end_mb", "MB", 330, 329, 341)
                .metric("documents", "jobtrail", "disk", "documents_per_min", "documents/min", 212, 220, 201);
        for (int processes : List.of(1, 2, 4)) {
            forged.rate("scale-" + processes, "jobtrail", "disk", 2_000 * processes);
        }
        return forged;
    }
}
