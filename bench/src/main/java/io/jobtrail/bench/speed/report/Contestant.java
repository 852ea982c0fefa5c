package io.jobtrail.bench.speed.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Who takes part, and what is kept of a job there: without that, no comparison of speeds is fair. */
record Contestant(String name, String label, String durable, String keeps) {
    static final String CEILING = "ceiling";
    static final String JESQUE = "jesque";
    static final String DB_SCHEDULER = "db-scheduler";
    static final String JOBRUNR = "jobrunr";
    static final String JOBTRAIL = "jobtrail";
    static final String BARE_ROUTE = "bare-route";

    private static final String POSTGRES = "Postgres";

    static final List<Contestant> KNOWN = List.of(
            new Contestant(
                    JOBTRAIL,
                    "Jobtrail",
                    POSTGRES,
                    "every change of state as an append-only, hash-chained event, and the job with its result, until `RETENTION_DAYS`"),
            new Contestant(
                    CEILING,
                    "ceiling",
                    POSTGRES,
                    "the same as Jobtrail: its SQL functions, one job and one commit each, called by a plain JDBC loop without a queue"),
            new Contestant(
                    DB_SCHEDULER, "db-scheduler", POSTGRES, "nothing: the row is deleted when the job has succeeded"),
            new Contestant(
                    JESQUE,
                    "plain Jesque",
                    "Redis only",
                    "nothing: a counter of what was processed, and a list of what failed"),
            new Contestant(
                    JOBRUNR,
                    "JobRunr",
                    POSTGRES,
                    "the history of states inside the job's JSON; jobs that succeeded are deleted after 36 hours by default"),
            new Contestant(BARE_ROUTE, "bare route", "nowhere", "nothing: it reads the body and answers"));

    /** What the figures call a contestant that is not known goes by that name. */
    static String label(String name) {
        return KNOWN.stream()
                .filter(contestant -> contestant.name.equals(name))
                .map(Contestant::label)
                .findFirst()
                .orElse(name);
    }

    /** Whether a slower flush can make a difference to it. */
    static boolean usesPostgres(String name) {
        return KNOWN.stream()
                .noneMatch(contestant -> contestant.name.equals(name) && !contestant.durable.equals(POSTGRES));
    }

    /** In the order of {@link #KNOWN}, strangers last. */
    static Comparator<String> order() {
        var names = new ArrayList<>(KNOWN.stream().map(Contestant::name).toList());
        return Comparator.<String>comparingInt(name -> names.contains(name) ? names.indexOf(name) : names.size())
                .thenComparing(Comparator.naturalOrder());
    }
}
