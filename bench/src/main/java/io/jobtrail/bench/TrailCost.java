package io.jobtrail.bench;

import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.store.Schema;
import io.jobtrail.testbed.TestDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * What the trail costs: the three statements of a job's life, 50 jobs to a statement and a commit each, with the trail's
 * triggers and without them, in turns on one connection. Prints jobs per second and the ratio; asserts nothing.
 */
@Command(
        name = "trail-cost",
        mixinStandardHelpOptions = true,
        description = "Measures what the trail costs: jobs per second with its triggers and without them.")
public final class TrailCost implements Callable<Integer> {
    private static final int BATCH = 50;
    private static final int LIVES_PER_ROUND = 100;
    private static final int ROUNDS = 9;

    @Override
    public Integer call() throws SQLException {
        try (var database = TestDatabase.fresh(url -> Schema.migrate(DatabaseUrl.parse(url)))) {
            var url = DatabaseUrl.parse(database.url());
            try (var connection = DriverManager.getConnection(url.jdbcUrl(), url.user(), url.password())) {
                run(connection);
            }
        }
        return 0;
    }

    private static void run(Connection connection) throws SQLException {
        var with = new ArrayList<Double>();
        var without = new ArrayList<Double>();
        for (int round = -2; round < ROUNDS; round++) { // two rounds to warm up
            var off = round(connection, "DISABLE");
            var on = round(connection, "ENABLE");
            if (round >= 0) {
                without.add(off);
                with.add(on);
                System.out.printf("round %d: %,.0f jobs/s without the trail, %,.0f with it%n", round + 1, off, on);
            }
        }
        System.out.printf(
                "median of %d rounds of %,d jobs, %d to a statement: %,.0f jobs/s without the trail, %,.0f with it, ratio %.2f%n",
                ROUNDS, LIVES_PER_ROUND * BATCH, BATCH, median(without), median(with), median(with) / median(without));
    }

    private static double round(Connection connection, String triggers) throws SQLException {
        execute(connection, "ALTER TABLE pipeline_jobs %s TRIGGER pipeline_jobs_4_trail_insert".formatted(triggers));
        execute(connection, "ALTER TABLE pipeline_jobs %s TRIGGER pipeline_jobs_5_trail_update".formatted(triggers));
        var life = new Life(connection, BATCH);
        var start = System.nanoTime();
        for (int i = 0; i < LIVES_PER_ROUND; i++) {
            life.live();
        }
        return LIVES_PER_ROUND * BATCH / ((System.nanoTime() - start) / 1e9);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }
}
