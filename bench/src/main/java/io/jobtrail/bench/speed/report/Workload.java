package io.jobtrail.bench.speed.report;

import static io.jobtrail.bench.speed.report.Contestant.BARE_ROUTE;
import static io.jobtrail.bench.speed.report.Contestant.CEILING;
import static io.jobtrail.bench.speed.report.Contestant.DB_SCHEDULER;
import static io.jobtrail.bench.speed.report.Contestant.JESQUE;
import static io.jobtrail.bench.speed.report.Contestant.JOBTRAIL;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import io.jobtrail.bench.speed.Figure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What was run, as the report tells it. A workload that the figures bring and this list lacks is shown too, under its own name.
 *
 * @param rates the metrics that may stand for its speed, the first that was measured does
 * @param expected those without whom the comparison has a hole
 * @param parts the names in the figures: several when only a number at their end differs
 */
record Workload(String name, String title, String text, List<String> rates, List<String> expected, List<String> parts) {
    private static final List<String> COMPLETED = List.of("completed_per_s");
    private static final List<String> ACCEPTED = List.of("produced_per_s", "accepted_per_s", "requests_per_s");
    private static final List<String> PER_MINUTE = List.of("completed_per_min", "documents_per_min");
    static final List<String> PERCENTILES = List.of("p50", "p95", "p99");
    private static final String NUMBER = "-\\d+$";

    static final Workload DRAIN = of(
            "drain",
            "Drain",
            "The queue is filled first; then the workers start and the time runs until it is empty.",
            COMPLETED,
            List.of(JOBTRAIL, CEILING, DB_SCHEDULER, JESQUE));
    static final Workload MIX = of(
            "mix",
            "Sustained mix",
            "Producers in another process enqueue one job at a time, without pause, while the workers work.",
            COMPLETED,
            DRAIN.expected);
    static final Workload LATENCY_200 = latency(200);
    static final Workload HTTP_JSON = http("json", "1 KB of JSON");
    static final Workload HTTP_FILE = http("file", "a file of 100 KB");

    private static final List<Workload> KNOWN = List.of(
            MIX,
            DRAIN,
            of(
                    "producers-32",
                    "Sustained mix, 32 producers",
                    "The mix with four times as many producers, so that what each of them waits for the disk limits nobody.",
                    COMPLETED,
                    List.of(JOBTRAIL, DB_SCHEDULER)),
            new Workload(
                    "workers",
                    "Worker processes",
                    "The drain with 1, 2 and 4 worker processes, each with as many threads as the one elsewhere, on the same cores.",
                    COMPLETED,
                    List.of(JOBTRAIL),
                    List.of("workers-1", "workers-2", "workers-4")),
            LATENCY_200,
            latency(50),
            HTTP_JSON,
            HTTP_FILE,
            of(
                    "documents",
                    "Real documents",
                    "The whole of `process_document`: extraction, cleaning, chunks, embeddings, summary.",
                    PER_MINUTE,
                    List.of(JOBTRAIL)));

    private static Workload of(String name, String title, String text, List<String> rates, List<String> expected) {
        return new Workload(name, title, text, rates, expected, List.of(name));
    }

    private static Workload latency(int rate) {
        return of(
                "latency-" + rate,
                "Start latency at %d jobs/s".formatted(rate),
                "From the call that enqueues to the start of the handler. Jobs come by the clock, whether or not those before them have"
                        + " started.",
                List.of(),
                List.of(JOBTRAIL, DB_SCHEDULER, JESQUE));
    }

    private static Workload http(String kind, String body) {
        return of(
                "http-" + kind,
                "Enqueue over HTTP, " + body,
                "Requests that were answered, against a route of the same web server that does nothing but read the body.",
                ACCEPTED,
                List.of(JOBTRAIL, BARE_ROUTE));
    }

    /** The known ones, then what else the figures bring. */
    static List<Workload> all(Figures figures) {
        var strangers = figures.workloads().stream()
                .filter(name -> KNOWN.stream().noneMatch(known -> known.parts.contains(name)))
                .collect(groupingBy(name -> name.replaceFirst(NUMBER, ""), LinkedHashMap::new, toList()));
        var all = new ArrayList<>(KNOWN);
        strangers.forEach((group, parts) -> {
            var name = parts.size() == 1 ? parts.get(0) : group;
            all.add(new Workload(name, capitalized(name), "", List.of(), List.of(), parts));
        });
        return all;
    }

    private static String capitalized(String name) {
        return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    }

    /** The name of its file. */
    String picture() {
        return name + ".svg";
    }

    boolean isLatency() {
        return name.startsWith("latency");
    }

    /** The metric that stands for the workload's speed. */
    String headline(Figures figures) {
        var measured = figures.of(parts, Figure::metric);
        return Stream.concat(
                        rates.stream().filter(measured::contains),
                        measured.stream().filter(metric -> metric.endsWith("_per_s") || metric.endsWith("_per_min")))
                .findFirst()
                .orElse(rates.isEmpty() ? "" : rates.get(0));
    }

    /** The metrics to show, the one that stands for the speed first. */
    Set<String> metrics(Figures figures) {
        var metrics = new LinkedHashSet<>(isLatency() ? PERCENTILES : List.of(headline(figures)));
        metrics.addAll(figures.of(parts, Figure::metric));
        return metrics;
    }

    /** The disk as it is, then other settings that were tried. */
    Set<String> settings(Figures figures) {
        var settings = new LinkedHashSet<>(List.of(Figures.DISK));
        settings.addAll(figures.of(parts, Figure::setting));
        return settings;
    }

    /** Who is shown in a setting: whoever was measured, and whoever should have been. */
    List<Entrant> entrants(Figures figures, String setting) {
        return parts.stream()
                .flatMap(part -> {
                    var contestants = new TreeSet<>(Contestant.order());
                    expected.stream()
                            .filter(name -> setting.equals(Figures.DISK) || Contestant.usesPostgres(name))
                            .forEach(contestants::add);
                    contestants.addAll(figures.contestants(part, setting));
                    return contestants.stream().map(contestant -> new Entrant(part, contestant, setting));
                })
                .toList();
    }

    /** One line of a table or plot. */
    record Entrant(String part, String contestant, String setting) {
        Optional<Spread> spread(Figures figures, String metric) {
            return figures.series(part, contestant, setting, metric).spread();
        }

        boolean isJobtrail() {
            return contestant.equals(JOBTRAIL);
        }
    }

    String label(Entrant entrant) {
        var label = Contestant.label(entrant.contestant());
        return parts.size() == 1 ? label : label + " " + entrant.part().substring(name.length() + 1);
    }
}
