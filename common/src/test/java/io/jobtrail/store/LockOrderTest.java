package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.Claim;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.Together;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Statements over many jobs lock them in one order, so that no two of them wait for each other. */
class LockOrderTest {
    private static final int JOBS = 40;

    private static final List<String> STATEMENTS = List.of(
            "complete_jobs(?, ?, array_fill(NULL::jsonb, ARRAY[40]))",
            "fail_jobs(?, ?, array_fill('A'::text, ARRAY[40]), array_fill('a'::text, ARRAY[40]), "
                    + "array_fill(true, ARRAY[40]), array_fill(interval '0', ARRAY[40]))",
            "give_back_jobs(?, ?)",
            "update_job_heartbeats(?, ?, array_fill('stage'::text, ARRAY[40]), NULL)");

    @Test
    void statementsOverTheSameJobsInOppositeOrderDoNotBlockEachOther() {
        try (var database = JobtrailDatabase.fresh()) {
            lookUpRowsOneByOne(database);
            for (int round = 0; round < 10; round++) {
                var claims = new ArrayList<Claim>();
                for (int i = 0; i < JOBS; i++) {
                    claims.add(database.aJob().claimedBy("w"));
                }
                var backwards = new ArrayList<>(claims);
                Collections.reverse(backwards);
                var done = Together.run(
                        STATEMENTS.size(),
                        i -> run(database.runtime(), STATEMENTS.get(i), i % 2 == 0 ? claims : backwards));
                assertThat(done.get(0) + done.get(1) + done.get(2)).isEqualTo(JOBS);
            }
        }
    }

    /** As in a large table; a small one is read as a whole, which makes an order of its own. */
    private static void lookUpRowsOneByOne(JobtrailDatabase database) {
        var name = database.ask("SELECT current_database()::text");
        for (var way : List.of("enable_hashjoin", "enable_mergejoin", "enable_seqscan")) {
            database.asOwner("ALTER DATABASE " + name + " SET " + way + " = off");
        }
    }

    /** How many jobs the statement was in time for. */
    private static int run(Database database, String statement, List<Claim> claims) {
        return database.list(
                        "SELECT * FROM " + statement,
                        row -> row.getObject(1),
                        Database.array("uuid", claims.stream().map(Claim::id).toList()),
                        Database.array(
                                "int4", claims.stream().map(Claim::version).toList()))
                .size();
    }
}
