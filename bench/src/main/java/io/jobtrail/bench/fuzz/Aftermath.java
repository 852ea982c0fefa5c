package io.jobtrail.bench.fuzz;

import io.jobtrail.bench.fuzz.Violation.Rule;
import io.jobtrail.store.Database;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** What has to hold for the system once nobody sends it anything any more. */
final class Aftermath {
    private static final Pattern STACK_OR_ERROR =
            Pattern.compile("^\\S+Z ERROR |^\\tat |^Caused by: |^Exception in thread");
    private static final Pattern KEY = Pattern.compile("\\bjtk_[0-9a-f]{64}\\b|" + FuzzedSystem.ADMIN_KEY);
    private static final Duration TO_TIDY_UP = Duration.ofSeconds(10);

    /** Beside the heap: buffers, code and threads of a process that was warm before. */
    private static final double MORE_MEGABYTES = 64;

    private final FuzzedSystem system;
    private final Findings findings;

    Aftermath(FuzzedSystem system, Findings findings) {
        this.system = system;
        this.findings = findings;
    }

    /**
     * @param before jobs that were there when the run began
     * @param warmMegabytes resident memory of the API when it was warm
     */
    void examine(Set<UUID> before, Accepted accepted, double warmMegabytes) throws SQLException {
        try {
            system.requireAlive();
        } catch (IllegalStateException e) {
            found(Rule.NOT_HEALTHY, e.getMessage());
            return;
        }
        if (!system.isReady()) {
            found(Rule.NOT_HEALTHY, "the API is not ready");
        }
        memory(warmMegabytes);
        jobs(before, accepted);
        leftovers();
        log();
        int code = system.verifyTrail();
        if (code != 0) {
            found(Rule.BROKEN_TRAIL, "worker --verify-trail ends with " + code + ", see " + system.log("verify-trail"));
        }
    }

    private void memory(double warm) {
        double now = system.residentMegabytes();
        if (now > warm + MORE_MEGABYTES) {
            found(Rule.MORE_MEMORY, "%.0f MB resident, %.0f when it was warm".formatted(now, warm));
        }
    }

    private void jobs(Set<UUID> before, Accepted accepted) throws SQLException {
        var stored = new HashSet<>(ids("SELECT id FROM pipeline_jobs"));
        var lost = new HashSet<>(accepted.jobs());
        lost.removeAll(stored);
        if (!lost.isEmpty()) {
            found(
                    Rule.LOST_JOB,
                    lost.size() + " accepted jobs are not there, such as "
                            + lost.iterator().next());
        }
        var unexplained = new HashSet<>(stored);
        unexplained.removeAll(before);
        unexplained.removeAll(accepted.jobs());
        if (unexplained.size() > accepted.unanswered()) {
            found(
                    Rule.UNEXPLAINED_JOB,
                    "%d jobs are there that no answer told of, such as %s; %d requests had no answer"
                            .formatted(
                                    unexplained.size(), unexplained.iterator().next(), accepted.unanswered()));
        }
        var odd = ids("SELECT id FROM pipeline_jobs WHERE 1 <> (SELECT count(*) FROM pipeline_job_events"
                + " WHERE job_id = id AND previous_state IS NULL)");
        if (!odd.isEmpty()) {
            found(Rule.UNEXPLAINED_JOB, "%d jobs were not made once, such as %s".formatted(odd.size(), odd.get(0)));
        }
    }

    private List<UUID> ids(String sql) throws SQLException {
        try (var owner = system.connect()) {
            return Database.list(owner, sql, row -> row.getObject(1, UUID.class));
        }
    }

    private void leftovers() throws SQLException {
        long deadline = System.nanoTime() + TO_TIDY_UP.toNanos();
        List<UUID> documents;
        while (true) {
            documents = ids("SELECT id FROM pipeline_documents d WHERE NOT EXISTS"
                    + " (SELECT FROM pipeline_jobs j WHERE j.document_id = d.id)");
            if (documents.isEmpty() && system.uploads().isEmpty()) {
                return;
            }
            if (System.nanoTime() > deadline) {
                found(
                        Rule.LEFT_BEHIND,
                        "%d documents without a job, and the files %s".formatted(documents.size(), system.uploads()));
                return;
            }
            FuzzedSystem.pause(Duration.ofMillis(200));
        }
    }

    private void log() {
        logged(STACK_OR_ERROR, Rule.LOGGED_ERROR, new WithoutTwiceReleased());
        logged(KEY, Rule.LOGGED_KEY, line -> true);
    }

    private void logged(Pattern pattern, Rule rule, Predicate<String> which) {
        try (var lines = Files.lines(system.log("api"), StandardCharsets.ISO_8859_1)) {
            lines.filter(which)
                    .filter(line -> pattern.matcher(line).find())
                    .limit(20)
                    .forEach(line -> found(rule, "%.300s".formatted(line)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A fault of the web server that this run provokes now and then; harms nobody where connections share no buffers. */
    static final class WithoutTwiceReleased implements Predicate<String> {
        private static final int MOST = 20;

        private int seen;
        private boolean inside;

        @Override
        public boolean test(String line) {
            boolean first = line.startsWith("java.lang.IllegalStateException: already released") && ++seen <= MOST;
            inside = first || inside && line.startsWith("\tat ");
            return !inside;
        }
    }

    private void found(Rule rule, String detail) {
        findings.add(new Violation(rule, detail));
    }
}
