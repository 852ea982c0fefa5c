package io.jobtrail.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.document.DocumentStore;
import io.jobtrail.job.JobState;
import io.jobtrail.store.DatabaseFailure;
import io.jobtrail.testing.JobFactory;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Old jobs leave by themselves, whatever stands in the way of some of them. */
class RetentionTest {
    private static final UUID SYSTEM = new UUID(0, 0);
    private static final int DAYS = 30;

    @AutoClose
    private final SweepRig rig = new SweepRig();

    private final Retention sweep = with(Duration.ofSeconds(5));

    @BeforeEach
    void allow() {
        rig.database.asOwner("SELECT set_retention(" + DAYS + ")");
    }

    private Retention with(Duration patience) {
        return new Retention(rig.database.reader(), rig.database.actions(), DAYS, "sweeper:rig", patience);
    }

    private UUID finished() {
        var document = new DocumentStore(rig.database.runtime())
                .put("a.txt", "text/plain", new ByteArrayInputStream(new byte[] {1}));
        var claim = aJob().document(document.id()).claimedBy("w");
        assertThat(rig.database.store().complete(claim, "{}")).isTrue();
        return claim.id();
    }

    private JobFactory aJob() {
        return rig.database.aJob().madeDaysAgo(200);
    }

    private UUID failed() {
        var claim = aJob().claimedBy("w");
        rig.database.store().fail(claim, "TEST", "test", true, Duration.ZERO);
        return claim.id();
    }

    private void ended(int daysAgo, UUID... ids) {
        rig.database.age(daysAgo, ids);
    }

    private int runs(Retention retention) {
        int runs = 1;
        while (!retention.run().equals(retention.interval())) {
            runs++;
            assertThat(runs).isLessThan(200);
        }
        return runs;
    }

    private boolean exists(UUID id) {
        return rig.database.reader().job(id).isPresent();
    }

    @Test
    void whatEndedLongAgoGoesWithItsDocumentAndEverythingElseStays() {
        var old = finished();
        var oldFailed = failed();
        var oldCancelled = aJob().insert();
        rig.database.actions().cancel(oldCancelled, "test", "test");
        ended(DAYS + 1, old, oldFailed, oldCancelled);
        var young = finished();
        ended(DAYS - 1, young);
        var queued = aJob().insert();
        var running = aJob().claimedBy("w").id();
        rig.database.asOwner("UPDATE pipeline_jobs SET created_at = '2001-01-01', run_after = '2001-01-01'");

        runs(sweep);

        assertThat(Stream.of(old, oldFailed, oldCancelled)).noneMatch(this::exists);
        assertThat(Stream.of(young, queued, running)).allMatch(this::exists);
        assertThat(rig.count("pipeline_documents")).isEqualTo(1);
        assertThat(rig.database.reader().verifyTrail(null)).isEmpty();
    }

    /** The way to the old ones leads along the ids, and these are beyond the end of it. */
    @Test
    void jobsWhoseIdsDoNotSayWhenTheyWereMadeGoToo() {
        var early = UUID.fromString("00000000-0000-4000-8000-000000000001");
        var late = UUID.fromString("f47ac10b-58cc-4372-a567-0e02b2c3d479");
        for (var id : List.of(early, late)) {
            rig.database.asOwner("INSERT INTO pipeline_jobs (id, queue, handler, timeout_sec) VALUES ('" + id
                    + "', 'slow', 'h', 60)");
            rig.database.actions().cancel(id, "test", "test");
        }
        runs(sweep);
        assertThat(Stream.of(early, late)).allMatch(this::exists);
        ended(DAYS + 1, early, late);
        runs(sweep);
        assertThat(Stream.of(early, late)).noneMatch(this::exists);
    }

    @Test
    void theTrailOfTheSystemSaysWhoAndByWhichSetting() {
        ended(DAYS + 1, finished(), finished());
        runs(sweep);
        assertThat(rig.database.reader().history(SYSTEM)).singleElement().satisfies(event -> {
            assertThat(event.actor()).isEqualTo("retention:sweeper:rig");
            assertThat(event.reason()).isEqualTo("RETENTION");
            assertThat(event.metadata())
                    .contains(
                            "\"rule\": \"RETENTION_DAYS=30\"",
                            "\"jobs\": 2",
                            "\"events\": 6",
                            "first_at",
                            "last_at",
                            "sha256");
        });
    }

    @Test
    void aJobWhoseTrailDoesNotVerifyStaysAndHoldsUpNobody() {
        var bad = finished();
        var good = finished();
        ended(DAYS + 2, bad);
        ended(DAYS + 1, good);
        rig.database.asOwner(
                "ALTER TABLE pipeline_job_events DISABLE TRIGGER USER",
                "UPDATE pipeline_job_events SET actor = 'x' WHERE seq = 2 AND job_id = '" + bad + "'",
                "ALTER TABLE pipeline_job_events ENABLE TRIGGER USER");
        runs(sweep);
        assertThat(exists(good)).isFalse();
        assertThat(exists(bad)).isTrue();
        assertThat(rig.log())
                .filteredOn(line -> line.startsWith("ERROR"))
                .singleElement()
                .asString()
                .contains("kept 1 jobs", "the first is " + bad);
    }

    @Test
    void jobsThatOnlySayTheyAreOldAreNamedOnceInARun() {
        var jobs = List.of(finished(), finished());
        rig.database.asOwner("UPDATE pipeline_jobs SET finished_at = '2001-01-01'");
        for (int i = 1; i <= 2; i++) {
            runs(sweep);
            assertThat(jobs).allMatch(this::exists);
            assertThat(rig.log())
                    .filteredOn(line -> line.startsWith("ERROR"))
                    .hasSize(i)
                    .allMatch(line -> line.contains("kept 2 jobs") && line.contains("the first is " + jobs.get(0)));
        }
    }

    /** A batch with the slow one is halved until that one is alone, and then passed over; the next time it is tried again. */
    @Test
    void aJobThatCannotBePurgedInTimeHoldsUpNobody() {
        var ids = Stream.generate(this::failed).limit(20).toList();
        for (int i = 0; i < ids.size(); i++) {
            ended(DAYS + 100 - i, ids.get(i));
        }
        var slow = ids.get(7);
        rig.database.asOwner("""
                CREATE FUNCTION delay() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN PERFORM pg_sleep(60); RETURN OLD; END $$""", """
                CREATE TRIGGER delay BEFORE DELETE ON pipeline_jobs FOR EACH ROW
                WHEN (OLD.id = '%s') EXECUTE FUNCTION delay()""".formatted(slow));
        var retention = with(Duration.ofMillis(500));

        runs(retention);

        assertThat(ids.stream().filter(this::exists)).containsExactly(slow);
        assertThat(rig.log()).anyMatch(line -> line.startsWith("WARN job " + slow + " could not be purged"));

        rig.database.asOwner("DROP TRIGGER delay ON pipeline_jobs");
        runs(retention);
        assertThat(exists(slow)).isFalse();
    }

    @Test
    void aBatchGrowsAgain() {
        rig.database.asOwner(
                """
                INSERT INTO pipeline_jobs (id, queue, handler, timeout_sec, updated_at)
                SELECT first_uuid_v7(now() - interval '31 days' - n * interval '1 ms'), 'default', 'h', 60, now() - interval '31 days'
                FROM generate_series(1, 1500) n""", "UPDATE pipeline_jobs SET status = 'cancelled', version = 2, finished_at = updated_at");
        assertThat(runs(sweep)).isEqualTo(3);
        assertThat(rig.count("pipeline_jobs")).isZero();
    }

    @Test
    void aJobThatSomebodyWorksOnIsNotWaitedFor() throws Exception {
        var held = failed();
        var free = failed();
        ended(DAYS + 1, held, free);
        try (var connection = rig.database.connect();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SELECT FROM pipeline_jobs WHERE id = '" + held + "' FOR UPDATE");
            assertThat(runs(sweep)).isEqualTo(2);
            connection.rollback();
        }
        assertThat(exists(free)).isFalse();
        assertThat(exists(held)).isTrue();
        assertThat(rig.log()).noneMatch(line -> line.startsWith("ERROR"));
    }

    @Test
    void theProcessesCanPurgeWhatIsOldAndNothingElse() {
        var job = failed();
        ended(DAYS + 2, job);
        var actions = rig.database.actions();
        assertThat(actions.purgeExpired(DAYS + 3, List.of(job), Duration.ofSeconds(5), "x"))
                .isZero();
        assertThatThrownBy(() -> actions.purgeExpired(DAYS - 1, List.of(job), Duration.ofSeconds(5), "x"))
                .isInstanceOf(DatabaseFailure.class)
                .hasMessageContaining("jobs are kept for 30 days");
        assertThatThrownBy(() -> rig.database.runtime().first("SELECT purge_jobs('2 days')", row -> row.getInt(1)))
                .hasMessageContaining("permission denied");
        var running = rig.database.aJob().claimedBy("w").id();
        assertThat(actions.purgeExpired(DAYS, List.of(job, running), Duration.ofSeconds(5), "x"))
                .isEqualTo(1);
        rig.database.assertThatJob(running).is(JobState.RUNNING);
    }
}
