package io.jobtrail;

import io.jobtrail.config.Logging;
import io.jobtrail.config.Settings;
import io.jobtrail.doctor.Doctor;
import io.jobtrail.run.HandlersCheck;
import io.jobtrail.store.Database;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.Leases;
import io.jobtrail.store.Schema;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The worker process: reads the settings, builds the parts, runs until it is told to stop. */
@Command(
        name = "worker",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Runs jobs from the queues. Without an option that bounds the run it goes on until SIGTERM.",
        synopsisSubcommandLabel = "[config|doctor]",
        footer =
                "Every option can also be given as the environment variable named beside it; all other settings are in the README.")
public final class WorkerMain implements Callable<Integer> {
    @Option(
            names = "--queues",
            paramLabel = "NAMES",
            description = "queues to serve, the first one first, such as urgent,default (WORKER_QUEUES)")
    private String queues;

    @Option(names = "--concurrency", paramLabel = "N", description = "most jobs that run at once (WORKER_CONCURRENCY)")
    private String concurrency;

    @Option(
            names = "--poll-interval",
            paramLabel = "TIME",
            description = "how often to look into Postgres when Redis is not used, such as 2s (POLL_INTERVAL_SECONDS)")
    private String pollInterval;

    @Option(
            names = "--once",
            defaultValue = "${env:WORKER_ONCE:-false}",
            description = "run what is due now, then exit (WORKER_ONCE)")
    private boolean once;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "${env:WORKER_LIMIT:-" + Option.NULL_VALUE + "}",
            description = "exit after N jobs (WORKER_LIMIT)")
    private Integer limit;

    @Option(
            names = "--release-stale",
            defaultValue = "${env:WORKER_RELEASE_STALE:-false}",
            description = "take jobs from workers that give no sign of life, then exit (WORKER_RELEASE_STALE)")
    private boolean releaseStale;

    @Option(
            names = "--show-running",
            defaultValue = "${env:WORKER_SHOW_RUNNING:-false}",
            description = "print one line for each running job, then exit (WORKER_SHOW_RUNNING)")
    private boolean showRunning;

    @Option(
            names = "--verify-trail",
            defaultValue = "${env:WORKER_VERIFY_TRAIL:-false}",
            description =
                    "check the trail and exit: 0 when it is sound, 1 after naming what is not, 3 when it could not be checked (WORKER_VERIFY_TRAIL)")
    private boolean verifyTrail;

    @Option(
            names = "--job",
            paramLabel = "ID",
            defaultValue = "${env:WORKER_JOB:-" + Option.NULL_VALUE + "}",
            description = "check the trail of this job only (WORKER_JOB)")
    private UUID job;

    private final Map<String, String> environment;
    private final Map<String, String> overridden = new HashMap<>();
    private final PrintStream out = System.out;

    private WorkerMain(Map<String, String> environment) {
        this.environment = new HashMap<>(environment);
    }

    /** Exit codes: 0 done, 1 the trail is not sound, 2 wrong options or settings, 3 it could not be done, or not any longer. */
    public static void main(String[] arguments) {
        Logging.configure(System.getenv());
        int exit = new CommandLine(new WorkerMain(System.getenv()))
                .setExecutionExceptionHandler((e, commandLine, result) -> {
                    System.err.println("worker: " + (e.getMessage() == null ? e : e.getMessage()));
                    return e instanceof Wrong ? 2 : 3;
                })
                .execute(arguments);
        System.exit(exit);
    }

    @Command(description = "Prints the settings in force and where each comes from; secrets are masked.")
    Integer config() {
        takeOptions();
        try {
            out.println(Settings.table(
                    Settings.fromEnvironment(environment, overridden).entries()));
            return 0;
        } catch (Settings.InvalidSettings e) {
            out.println(Settings.table(e.entries()));
            throw named(e);
        }
    }

    @Command(
            description =
                    "Checks what this process rests on, and says what to do about what is wrong. Exit code 0: nothing "
                            + "has failed, 1: something has.")
    Integer doctor() {
        takeOptions();
        return Doctor.examine(
                () -> Settings.fromEnvironment(environment, overridden),
                List.of(() -> HandlersCheck.of(Path.of(environment.getOrDefault("HANDLERS_DIR", "handlers")))),
                out);
    }

    private void takeOptions() {
        override("WORKER_QUEUES", "--queues", queues);
        override("WORKER_CONCURRENCY", "--concurrency", concurrency);
        override(
                "POLL_INTERVAL_SECONDS",
                "--poll-interval",
                pollInterval == null ? null : pollInterval.replaceFirst("(?<=\\d)s$", ""));
    }

    @Override
    public Integer call() throws Exception {
        takeOptions();
        if (limit != null && limit < 1) {
            throw new Wrong("--limit (WORKER_LIMIT) must be a whole number from 1 on, not " + limit);
        }
        if (job != null && !verifyTrail) {
            throw new Wrong("--job (WORKER_JOB) goes with --verify-trail only");
        }
        var settings = settings();
        if (showRunning || releaseStale || verifyTrail) {
            return askDatabase(settings);
        }
        Schema.migrate(settings.databaseUrl(), settings.retentionDays());
        try (var database =
                new Database(settings.databaseUrl(), "worker", settings.dbPoolMin(), settings.dbPoolMax())) {
            return work(settings, database);
        }
    }

    /** For a person in front of a database that exists: changes no schema, and waits as long as an answer takes. */
    private int askDatabase(Settings settings) {
        try (var database = new Database(settings.databaseUrl(), "worker", 0, 1, Duration.ZERO)) {
            if (showRunning) {
                return showRunning(new JobReader(database));
            }
            if (verifyTrail) {
                return verifyTrail(new JobReader(database));
            }
            var released = new Leases(database).releaseStale(settings.lease(), Integer.MAX_VALUE, "operator:worker");
            out.println("Released " + released.size() + " stale jobs");
            return 0;
        }
    }

    private void override(String variable, String option, String value) {
        if (value != null) {
            environment.put(variable, value);
            overridden.put(variable, option);
        }
    }

    /** Mistakes are named as they were given. */
    private Settings settings() {
        try {
            return Settings.fromEnvironment(environment);
        } catch (Settings.InvalidSettings e) {
            throw named(e);
        }
    }

    private Wrong named(Settings.InvalidSettings e) {
        return new Wrong(e.getMessage()
                .lines()
                .map(line -> {
                    var variable = line.substring(0, Math.max(0, line.indexOf(' ')));
                    var option = overridden.get(variable);
                    return option == null ? line : line.replaceFirst(variable, option + " (" + variable + ")");
                })
                .collect(Collectors.joining("\n")));
    }

    /** Options or settings that cannot be meant. */
    private static final class Wrong extends RuntimeException {
        Wrong(String message) {
            super(message);
        }
    }

    private int showRunning(JobReader reader) {
        for (var job : reader.running()) {
            out.printf(
                    Locale.ROOT,
                    "%s: stage=%s progress=%s running=%.0fs heartbeat_age=%.0fs worker=%s%n",
                    job.id(),
                    job.stage() == null ? "-" : job.stage(),
                    job.progress() == null ? "-" : Math.round(job.progress() * 100) + "%",
                    job.runningSeconds(),
                    job.heartbeatAgeSeconds(),
                    job.worker());
        }
        return 0;
    }

    private int verifyTrail(JobReader reader) {
        var problems = reader.verifyTrail(job);
        if (problems.isEmpty() && job != null && !reader.isKnown(job)) {
            out.println("no such job: " + job);
            return 3;
        }
        if (problems.isEmpty()) {
            out.println("trail verified");
            return 0;
        }
        problems.forEach(p -> out.println("job " + p.jobId() + " " + p.describe()));
        return 1;
    }

    private int work(Settings settings, Database database) throws Exception {
        try (var stop = StopSignal.listen(settings.shutdown())) {
            try (var process = new WorkerProcess(settings, database)) {
                if (!once && limit == null) {
                    if (!process.runUntil(stop)) {
                        return 3;
                    }
                } else {
                    var most = limit == null ? Integer.MAX_VALUE : limit;
                    var count = process.drain(most, once ? null : settings.pollInterval(), stop);
                    out.printf(
                            "Jobs processed: %d%nsucceeded: %d%nfailed: %d%n",
                            count.processed(), count.succeeded(), count.failed());
                }
            }
            stop.heeded();
            return 0;
        }
    }
}
