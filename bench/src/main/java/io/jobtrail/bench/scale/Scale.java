package io.jobtrail.bench.scale;

import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.store.Database;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.Schema;
import io.jobtrail.testbed.TestDatabase;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What many jobs cost: the time of every list, of the counts and of what is done all the time, with a large table and a growing
 * backlog, and what a job leaves on disk and in the log. Prints tables; asserts nothing. On a server of its own, or on that of
 * {@code TEST_DATABASE_URL}, in a database that it drops at the end.
 */
@Command(
        name = "scale",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = "Measures lists, counts, claims and sweeps with millions of jobs, and what a job takes on disk.")
public final class Scale implements Callable<Integer> {
    @Option(names = "--jobs", description = "Jobs in the table before any is queued.", defaultValue = "2000000")
    private int jobs;

    @Option(
            names = "--backlog",
            description = "Jobs queued, in steps.",
            split = ",",
            defaultValue = "10000,100000,1000000")
    private int[] backlogs;

    @Override
    public Integer call() throws SQLException {
        try (var own = TestDatabase.fresh(url -> Schema.migrate(DatabaseUrl.parse(url)))) {
            var url = DatabaseUrl.parse(own.url());
            try (var owner = DriverManager.getConnection(url.jdbcUrl(), url.user(), url.password());
                    var database = new Database(url, "scale", 0, 2)) {
                var reader = new JobReader(database);
                var fill = new Fill(owner);
                var footprint = new Footprint(owner);
                var start = System.nanoTime();
                fill.history(jobs);
                System.out.printf(
                        "%,d jobs and their trails made in %d s%n", jobs, (System.nanoTime() - start) / 1_000_000_000);
                footprint.onDisk();
                new Lists(reader).measure();
                int queued = 0;
                for (int backlog : backlogs) {
                    fill.backlog(backlog - queued);
                    queued = backlog;
                    new Backlog(database).measure(queued);
                }
                if (queued > 0) {
                    System.out.println("the lists again, behind the backlog");
                    new Lists(reader).measure();
                }
                footprint.ofALife(50, 100);
                footprint.ofALife(1, 500);
                System.out.printf("trails that do not verify, of a thousand made 45 days ago: %d%n", broken(database));
            }
        }
        return 0;
    }

    private static long broken(Database database) {
        return database.first(
                        "SELECT count(*) FROM (SELECT id FROM pipeline_jobs WHERE id < first_uuid_v7(now() - interval '45 days') ORDER BY id DESC LIMIT 1000) j, LATERAL verify_trail(j.id)",
                        row -> row.getLong(1))
                .orElseThrow();
    }
}
