package io.jobtrail.api;

import io.jobtrail.config.NetworkFault;
import io.jobtrail.queue.Redis;
import io.jobtrail.queue.RedisCheck;
import io.jobtrail.store.Database;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.Queues;
import io.jobtrail.store.WorkerRegistry;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * What is wrong with what this process rests on, and with the jobs, in words. Answers within three seconds whatever hangs, and asks
 * afresh again and again, so that what has healed is seen at once. Knows no request.
 */
final class HealthChecks implements AutoCloseable {
    private static final String NO_POSTGRES = "Postgres cannot be used, so no job is accepted: ";
    private static final String NO_REDIS =
            "Redis cannot be used (%s): jobs go on straight from Postgres, a little later than usual";

    private static final String NO_WORKERS = "which workers there are cannot be read (%s)";
    private static final String NO_TABLE = "42P01";

    private final Database database;
    private final WorkerRegistry registry;
    private final JobReader reader;
    private final Queues queues;
    private final BooleanSupplier sweeperEnded;
    private final ExecutorService threads = Executors.newFixedThreadPool(4, task -> {
        var asking = new Thread(task, "health");
        asking.setDaemon(true);
        return asking;
    });
    private final Probe<Findings> postgres;

    /** Apart from the question whether Postgres can be used, likewise jobs: that must not wait for what only tells of a lack. */
    private final Probe<Findings> workers;

    private final Probe<JobsVerdict> jobs;

    /** Null: runs without Redis. */
    private final Probe<Findings> redis;

    /** @param workers the living ones; null = unknown */
    record Findings(boolean up, List<Reason> reasons, Long workers) {}

    /** @param status healthy, degraded, critical or unavailable */
    record Standing(String status, List<String> reasons, Map<String, Object> checks) {
        boolean isUp() {
            return !status.equals("unavailable");
        }
    }

    /**
     * @param redis null = runs without, which is no fault
     * @param fresh how old an answer may be
     */
    HealthChecks(
            Database database,
            JobReader reader,
            Queues queues,
            Redis redis,
            BooleanSupplier sweeperEnded,
            Duration fresh) {
        this.database = database;
        this.reader = reader;
        this.queues = queues;
        this.sweeperEnded = sweeperEnded;
        registry = new WorkerRegistry(database);
        postgres = new Probe<>(
                this::askPostgres,
                () -> down(NO_POSTGRES + database.fault().orElse(NetworkFault.TIMED_OUT)),
                fresh,
                threads);
        workers = new Probe<>(this::askWorkers, () -> down(NO_WORKERS.formatted("no answer in time")), fresh, threads);
        jobs = new Probe<>(this::askJobs, () -> JobsVerdict.UNKNOWN, fresh, threads);
        this.redis = redis == null
                ? null
                : new Probe<>(
                        () -> askRedis(new RedisCheck(redis)),
                        () -> down(NO_REDIS.formatted(NetworkFault.TIMED_OUT)),
                        fresh,
                        threads);
    }

    /** @param meters get how many workers live, asked for with every scrape; no number while Postgres does not tell */
    HealthChecks measuredBy(MeterRegistry meters) {
        Gauge.builder(
                        "jobtrail.workers.alive",
                        workers,
                        probe -> number(probe.ask().workers()))
                .description("workers of the whole system that gave a sign of life within their lease")
                .register(meters);
        return this;
    }

    private static double number(Long known) {
        return known == null ? Double.NaN : known;
    }

    /** Whether a job could be accepted now. */
    Findings acceptance() {
        return postgres.ask();
    }

    /**
     * Of everything.
     *
     * @param all whether the caller may know how many jobs there are
     */
    Standing standing(boolean all) {
        var asked = jobs.begin();
        return standing(faults(), asked.get(), all, all);
    }

    /**
     * Of everything, with what is known already of jobs that the caller may know of.
     *
     * @param all whether these are all jobs, or those of a realm only
     */
    Standing standing(JobsVerdict ofJobs, boolean all) {
        return standing(faults(), ofJobs, all, true);
    }

    private static Standing standing(Faults found, JobsVerdict ofJobs, boolean all, boolean own) {
        var reasons = new ArrayList<>(Reason.inWords(found.reasons, all));
        if (found.up) {
            reasons.addAll(Reason.inWords(ofJobs.reasons(), own));
        }
        var status =
                !found.up ? "unavailable" : ofJobs.critical() ? "critical" : reasons.isEmpty() ? "healthy" : "degraded";
        return new Standing(status, reasons, found.checks);
    }

    /**
     * Of what the processes rest on; what becomes of jobs is no fault of theirs.
     *
     * @param up whether jobs are accepted
     */
    record Faults(boolean up, List<Reason> reasons, Map<String, Object> checks) {}

    Faults faults() {
        var asked = postgres.begin();
        var askedRedis = redis == null ? null : redis.begin();
        var askedWorkers = workers.begin();
        var store = asked.get();
        var hints = askedRedis == null ? null : askedRedis.get();
        var board = askedWorkers.get();
        var reasons = new ArrayList<>(store.reasons());
        if (store.up()) {
            reasons.addAll(board.reasons());
        }
        if (hints != null) {
            reasons.addAll(hints.reasons());
        }
        if (sweeperEnded.getAsBoolean()) {
            reasons.add(new Reason("the sweeper of this web process has ended: start the process again"));
        }
        var checks = new LinkedHashMap<String, Object>();
        checks.put("postgres", store.up() ? "up" : "down");
        checks.put("redis", hints == null ? "not used" : hints.up() ? "up" : "down");
        checks.put("workers", board.workers());
        return new Faults(store.up(), reasons, checks);
    }

    private static Findings down(String reason) {
        return new Findings(false, List.of(new Reason(reason)), null);
    }

    private Findings askPostgres() {
        try {
            database.first("SELECT 1 FROM pipeline_queues LIMIT 1", row -> row.getInt(1));
            return new Findings(true, List.of(), null);
        } catch (DatabaseFailure e) {
            return down(NO_POSTGRES + inWords(e));
        }
    }

    /** Postgres has its own check, which says what is wrong with it. */
    private JobsVerdict askJobs() {
        try {
            return JobsVerdict.of(reader.counts(), queues.settings());
        } catch (DatabaseFailure e) {
            return JobsVerdict.UNKNOWN;
        }
    }

    private Findings askWorkers() {
        try {
            var present = registry.present();
            var alive = present.stream().filter(WorkerRegistry.Present::alive).count();
            var reasons = new ArrayList<Reason>();
            if (alive == 0) {
                reasons.add(new Reason("no worker is running: jobs wait until one starts"));
            } else {
                registry.unserved().forEach(unserved -> reasons.add(inWords(unserved)));
            }
            present.forEach(worker -> reasons.addAll(inWords(worker)));
            return new Findings(true, reasons, alive);
        } catch (DatabaseFailure e) {
            return down(NO_WORKERS.formatted(inWords(e)));
        }
    }

    private static String inWords(DatabaseFailure failure) {
        if (failure.isUnavailable()) {
            return failure.whyUnavailable();
        } else if (failure.sqlState().equals(NO_TABLE)) {
            return "the schema is missing";
        }
        return (failure.isTransient() ? "it is busy" : "it refuses") + ", SQLSTATE " + failure.sqlState();
    }

    private static Reason inWords(WorkerRegistry.Unserved unserved) {
        var who = unserved.handler() == null
                ? "no worker serves queue " + unserved.queue()
                : "no worker that serves queue " + unserved.queue() + " has handler " + unserved.handler();
        var jobs = (unserved.exact() ? "" : "at least ")
                + unserved.jobs()
                + (unserved.jobs() == 1 ? " job waits there" : " jobs wait there");
        return new Reason(who + ": " + jobs, who + ": jobs wait there");
    }

    private static List<Reason> inWords(WorkerRegistry.Present worker) {
        if (!worker.alive()) {
            var what = worker.silence().compareTo(worker.lease()) > 0
                    ? "its jobs are free for others"
                    : "its jobs are released after %d s"
                            .formatted(worker.lease().toSeconds());
            var said =
                    "was last heard of %d s ago: %s".formatted(worker.silence().toSeconds(), what);
            return List.of(of(worker, " " + said));
        }
        return worker.degraded().stream()
                .map(reason -> of(worker, ": " + reason))
                .toList();
    }

    /** Not everybody may know by what name it is told from others, which has its host in it. */
    private static Reason of(WorkerRegistry.Present worker, String said) {
        return new Reason("worker " + worker.id() + said, "a worker" + said);
    }

    private static Findings askRedis(RedisCheck check) {
        return check.fault()
                .map(fault -> down(NO_REDIS.formatted(fault)))
                .orElseGet(() -> new Findings(
                        true, check.warnings().stream().map(Reason::new).toList(), null));
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
