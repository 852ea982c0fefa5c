package io.jobtrail.run;

import io.jobtrail.testing.JobtrailDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** A database for the class, and the parts of a worker for each test. */
abstract class RunnerTest {
    static JobtrailDatabase database;
    RunnerRig rig;

    @BeforeAll
    static void openDatabase() {
        database = JobtrailDatabase.fresh();
    }

    @AfterAll
    static void closeDatabase() {
        database.close();
    }

    @BeforeEach
    void buildRig() {
        rig = RunnerRig.on(database);
    }

    @AfterEach
    void closeRig() {
        rig.close();
    }
}
