package io.jobtrail.bench.speed;

import io.jobtrail.bench.process.Checkout;
import io.jobtrail.bench.process.Parts;
import io.jobtrail.bench.speed.peer.Contestants;
import io.jobtrail.bench.speed.report.Report;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The command line of the speed benchmark: everybody in one go on the same servers, taking turns in an order that changes from
 * run to run, so that ratios within a run mean something on a noisy machine. Stops everything at the end, however it ends.
 */
@Command(
        name = "speed",
        mixinStandardHelpOptions = true,
        description =
                "Measures Jobtrail side by side with plain Jesque, db-scheduler and its own SQL called one job at a "
                        + "time. Everything stays on this machine's loopback and is stopped at the end.")
public final class Speed implements Callable<Integer> {
    private static final String DISK = "disk";
    private static final String SLOW_FLUSH = "flush-2ms";
    private static final List<String> SETTINGS = List.of(DISK, SLOW_FLUSH);

    @Option(names = "--checkout", paramLabel = "DIR", defaultValue = ".", description = "where the jars were built")
    private Path checkout;

    @Option(names = "--runs", paramLabel = "N", description = "how often all is measured (3)")
    private Integer runs;

    @Option(
            names = "--only",
            paramLabel = "NAME",
            split = ",",
            description = "these workloads, contestants and settings only, such as mix,jobtrail,ceiling,disk")
    private List<String> only = List.of();

    @Option(names = "--quick", description = "one run with short windows, of the disk as it is: for trying")
    private boolean quick;

    @Option(names = "--jobrunr", description = "measure JobRunr as well, which takes much longer")
    private boolean jobrunr;

    @Option(
            names = "--docs",
            paramLabel = "DIR",
            description = "where performance.md and its figures go (default: a new one in bench/target/speed)")
    private Path docs;

    @Option(names = "--report-only", description = "make the report in --docs again from its figures")
    private boolean reportOnly;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private Path root;

    @Override
    public Integer call() throws Exception {
        if (reportOnly) {
            Report.remake(docs);
            return 0;
        }
        root = checkout.toAbsolutePath().normalize();
        var parts = new Parts();
        var atEnd = new Thread(parts::close, "stop-all");
        Runtime.getRuntime().addShutdownHook(atEnd);
        try {
            measure(parts);
        } finally {
            parts.close();
        }
        return 0;
    }

    private void measure(Parts parts) throws Exception {
        var directory = newDirectory();
        var servers = new Servers(directory, parts);
        var environment = Machine.facts(new Checkout(root), directory);
        environment.putAll(servers.facts());
        environment.forEach((name, value) -> out.println(name + ": " + value));
        var report = docs == null ? directory : docs;
        var figures = new ArrayList<Figure>();
        var contestants = Contestants.names().stream()
                .filter(name -> jobrunr || !name.equals("jobrunr"))
                .toList();
        var logs = Files.createDirectories(directory.resolve("logs"));
        var arena = new Arena(new Checkout(root), servers, parts, logs, contestants);
        var all = List.of(
                Mix.usual(arena),
                Mix.ofManyProducers(arena),
                new Drain(arena),
                new WorkerProcesses(arena),
                new Latency(arena),
                Http.json(arena),
                Http.file(arena),
                new Documents(arena));
        var names = flat(all, Workload::names);
        var entrants = flat(all, workload -> workload.entrants(false));
        var selection = new Selection(only, List.of(SETTINGS, names, entrants));
        var workloads = all.stream()
                .filter(workload -> !Collections.disjoint(workload.names(), selection.of(names)))
                .toList();
        var settings = quick && !only.contains(SLOW_FLUSH) ? List.of(DISK) : selection.of(SETTINGS);
        for (int run = 1; run <= (runs != null ? runs : quick ? 1 : 3); run++) {
            for (var setting : settings) {
                servers.emulateSlowFlush(setting.equals(SLOW_FLUSH));
                for (var workload : workloads) {
                    measure(workload, selection.of(entrants), setting, run, figures);
                    // Now already, so that a run that breaks off leaves what it has.
                    Report.write(report, environment, figures);
                }
            }
        }
        out.println();
        out.println(Report.summary(figures));
        out.println("The report is in " + report.resolve("performance.md"));
    }

    private static List<String> flat(List<? extends Workload> workloads, Function<Workload, List<String>> part) {
        return workloads.stream()
                .flatMap(workload -> part.apply(workload).stream())
                .toList();
    }

    private void measure(Workload workload, List<String> wanted, String setting, int run, List<Figure> figures)
            throws Exception {
        boolean slow = setting.equals(SLOW_FLUSH);
        var entrants = new ArrayList<>(workload.entrants(slow));
        entrants.retainAll(wanted);
        Collections.rotate(entrants, run - 1);
        for (var entrant : entrants) {
            workload.measure(entrant, windows(slow), (name, metric, value, unit) -> {
                figures.add(new Figure(name, entrant, setting, run, metric, value, unit));
                out.printf(
                        Locale.ROOT,
                        "run %d %s %s %s: %s %,.2f %s%n",
                        run,
                        setting,
                        name,
                        entrant,
                        metric,
                        value,
                        unit);
            });
        }
    }

    private Windows windows(boolean slow) {
        return quick ? Windows.QUICK : slow ? Windows.SHORT : Windows.FULL;
    }

    /** Numbered, so that no run writes over the figures of another. */
    private Path newDirectory() throws IOException {
        var parent = root.resolve("bench/target/speed");
        for (int i = 1; ; i++) {
            var candidate = parent.resolve(Integer.toString(i));
            if (Files.notExists(candidate)) {
                return Files.createDirectories(candidate);
            }
        }
    }
}
