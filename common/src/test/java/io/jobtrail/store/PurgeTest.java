package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.document.DocumentStore;
import io.jobtrail.testing.JobtrailDatabase;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The one way out of the database: old, final, sound jobs, with a note in the trail of the system. */
class PurgeTest {
    private static final UUID SYSTEM = new UUID(0, 0);

    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    @Test
    void anOldJobLeavesWithItsTrailDocumentAndChunks() {
        var old = finishedWithDocument();
        age(old);
        var fresh = finishedWithDocument();

        assertThat(purge()).isEqualTo(1);

        assertThat(database.reader().job(old)).isEmpty();
        assertThat(database.reader().history(old)).isEmpty();
        assertThat(count("pipeline_documents")).isEqualTo(1);
        assertThat(count("pipeline_document_parts")).isEqualTo(1);
        assertThat(count("pipeline_chunks")).isEqualTo(1);
        assertThat(database.reader().chunks(fresh, -1, 10)).hasSize(1);
        database.assertThatJob(fresh).isFinished();
        assertThat(purge()).isZero();
    }

    @Test
    void theTrailOfTheSystemSaysWhatWentAndVerifies() {
        age(finishedWithDocument());
        age(finishedWithDocument());
        assertThat(purge()).isEqualTo(2);
        age(finishedWithDocument());
        assertThat(purge()).isEqualTo(1);

        var events = database.reader().history(SYSTEM);
        assertThat(events).hasSize(2);
        assertThat(events.get(0).reason()).isEqualTo("RETENTION");
        assertThat(events.get(0).actor()).isEqualTo("janitor");
        assertThat(events.get(0).metadata()).contains("\"jobs\": 2", "\"events\": 6", "first_at", "sha256");
        assertThat(database.reader().verifyTrail(null)).isEmpty();

        database.asOwner(
                "ALTER TABLE pipeline_job_events DISABLE TRIGGER USER",
                "UPDATE pipeline_job_events SET metadata = '{\"count\": 1}' WHERE seq = 1",
                "ALTER TABLE pipeline_job_events ENABLE TRIGGER USER");
        assertThat(database.reader().verifyTrail(null))
                .extracting(JobReader.Problem::jobId, JobReader.Problem::seq)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(SYSTEM, 1));
    }

    @Test
    void whatHasNotEndedStaysHoweverOldItIs() {
        var queued = database.aJob().madeDaysAgo(50).insert();
        var running = database.aJob().madeDaysAgo(50).claimedBy("w").id();
        database.asOwner("UPDATE pipeline_jobs SET created_at = '2001-01-01', run_after = '2001-01-01'");
        assertThat(purge()).isZero();
        assertThat(database.reader().job(queued)).isPresent();
        assertThat(database.reader().job(running)).isPresent();
    }

    @Test
    void onlyFinalStatesCanBeNamed() {
        assertThatThrownBy(() -> database.ask("SELECT purge_jobs('1 day', '{finished,running}')"))
                .hasMessageContaining("only finished, failed and cancelled jobs can be purged");
        var old = finishedWithDocument();
        age(old);
        assertThat(database.ask("SELECT purge_jobs('1 day', '{failed}')")).isEqualTo(0);
    }

    @Test
    void aJobWhoseTrailWasTamperedWithStays() {
        var bad = finishedWithDocument();
        var good = finishedWithDocument();
        age(bad);
        age(good);
        database.asOwner(
                "ALTER TABLE pipeline_job_events DISABLE TRIGGER USER",
                "UPDATE pipeline_job_events SET actor = 'x' WHERE seq = 2 AND job_id = '" + bad + "'",
                "ALTER TABLE pipeline_job_events ENABLE TRIGGER USER");
        assertThat(purge()).isEqualTo(1);
        assertThat(database.reader().job(good)).isEmpty();
        assertThat(database.reader().verifyTrail(bad)).hasSize(1);
    }

    @Test
    void aDocumentThatAnotherJobStillNeedsStays() {
        var old = finishedWithDocument();
        age(old);
        var document = (UUID) database.ask("SELECT document_id FROM pipeline_jobs WHERE id = ?", old);
        database.aJob().document(document).insert();
        assertThat(purge()).isEqualTo(1);
        assertThat(new DocumentStore(database.runtime()).find(document)).isPresent();
    }

    @Test
    void theLimitIsKept() {
        for (int i = 0; i < 3; i++) {
            age(finishedWithDocument());
        }
        assertThat(database.ask("SELECT purge_jobs('1 day', p_limit => 2)")).isEqualTo(2);
        assertThat(purge()).isEqualTo(1);
    }

    @Test
    void afterAPurgeInTheSameTransactionTheTrailIsClosedAgain() {
        age(finishedWithDocument());
        assertThatThrownBy(() -> database.asOwner(
                        "DO $$ BEGIN PERFORM purge_jobs('1 day'); " + "DELETE FROM pipeline_job_events; END $$"))
                .hasMessageContaining("the trail is append-only");
    }

    @Test
    void theProcessesCannotPurge() {
        age(finishedWithDocument());
        assertThatThrownBy(() -> database.runtime().first("SELECT purge_jobs('1 day')", row -> row.getInt(1)))
                .hasMessageContaining("permission denied");
    }

    /** The processes may write to the job, so what it says about itself is no proof. */
    @Test
    void aJobThatOnlySaysItIsOldStays() {
        var job = finishedWithDocument();
        var retried = database.aJob().madeDaysAgo(50).claimedBy("w");
        database.store().fail(retried, "TEST", "test", true, Duration.ZERO);
        database.asOwner("SELECT set_retention(1)");
        assertThat(database.runtime()
                        .update("UPDATE pipeline_jobs SET finished_at = '2001-01-01', updated_at = '2001-01-01'"))
                .isEqualTo(2);
        assertThat(database.runtime().update("""
                UPDATE pipeline_jobs SET status = 'queued', version = version + 1, finished_at = NULL WHERE id = ?""", retried.id())).isEqualTo(1);
        assertThat(database.runtime().update("""
                UPDATE pipeline_jobs SET status = 'cancelled', version = version + 1, finished_at = '2001-01-01'
                WHERE id = ?""", retried.id())).isEqualTo(1);
        assertThat(database.reader().history(retried.id()))
                .last()
                .satisfies(event -> assertThat(event.timestamp()).isBefore("2002-01-01T00:00:00Z"));

        assertThat(expired(1, job, retried.id())).isZero();
        assertThat(purge()).isZero();

        age(job);
        age(retried.id());
        assertThat(expired(1, job, retried.id())).isEqualTo(2);
    }

    @Test
    void withoutASettingTheProcessesPurgeNothing() {
        var job = finishedWithDocument();
        database.age(40_000, job);
        assertThatThrownBy(() -> expired(36_500, job)).hasMessageContaining("jobs are kept for ever");
        database.asOwner("SELECT set_retention(30)", "SELECT set_retention(NULL)");
        assertThatThrownBy(() -> expired(36_500, job)).hasMessageContaining("jobs are kept for ever");
        assertThat(database.reader().job(job)).isPresent();
    }

    @Test
    void theProcessesMayKeepJobsLongerThanTheOwnerSaysButNotShorter() {
        var job = finishedWithDocument();
        database.age(40, job);
        database.asOwner("SELECT set_retention(30)");
        for (var days : new Integer[] {29, 1, 0, -1, null}) {
            assertThatThrownBy(() -> expired(days, job)).hasMessageContaining("jobs are kept for 30 days");
        }
        assertThat(expired(41, job)).isZero();
        assertThat(expired(39, job)).isEqualTo(1);
    }

    @Test
    void theProcessesCannotChangeForHowLongJobsAreKept() {
        database.asOwner("SELECT set_retention(30)");
        for (var statement : List.of(
                "SELECT set_retention(1)",
                "UPDATE pipeline_retention SET days = 1",
                "DELETE FROM pipeline_retention",
                "INSERT INTO pipeline_retention (days) VALUES (1)",
                "TRUNCATE pipeline_retention")) {
            assertThatThrownBy(() -> database.runtime().update(statement))
                    .as(statement)
                    .hasMessageContaining("permission denied");
        }
        assertThat(database.ask("SELECT days FROM pipeline_retention")).isEqualTo(30);
    }

    @Test
    void whoeverDeletesByHandLeavesATraceThatCannotBeDeleted() {
        var job = finishedWithDocument();
        database.asOwner(
                "SET jobtrail.purging = 'on'",
                "DELETE FROM pipeline_job_events WHERE job_id = '" + job + "'",
                "DELETE FROM pipeline_chunks",
                "DELETE FROM pipeline_jobs WHERE id = '" + job + "'");
        var trace = database.reader().history(SYSTEM);
        assertThat(trace).hasSize(1);
        assertThat(trace.get(0).actor()).isEqualTo("db:" + database.url().user());
        assertThat(trace.get(0).reason()).isEqualTo("MANUAL");
        assertThat(trace.get(0).metadata()).contains("\"jobs\": 1", "\"events\": 3");
        assertThat(database.reader().verifyTrail(null)).isEmpty();
        assertThatThrownBy(() -> database.asOwner("SET jobtrail.purging = 'on'", "DELETE FROM pipeline_job_events"))
                .hasMessageContaining("the trail of the system is never deleted");
    }

    /** Or the time for one job would grow with the trail of all. */
    @Test
    void onlyTheTrailsOfTheJobsThatGoAreRead() throws Exception {
        database.asOwner("""
                INSERT INTO pipeline_jobs (id, queue, handler, timeout_sec)
                SELECT uuid_v7(), 'default', 'h', 60 FROM generate_series(1, 3000)""", "ANALYZE");
        age(finishedWithDocument());
        try (var connection = database.connect()) {
            connection.setAutoCommit(false);
            assertThat(Database.list(connection, "SELECT purge_jobs('1 day')", row -> row.getInt(1)))
                    .containsExactly(1);
            assertThat(Database.list(
                            connection,
                            "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname IN ('pipeline_jobs', 'pipeline_job_events')",
                            row -> row.getLong(1)))
                    .containsExactly(0L, 0L);
        }
    }

    @Test
    void aNegativeAgeIsRefused() {
        assertThatThrownBy(() -> database.ask("SELECT purge_jobs('-1 day')"))
                .hasMessageContaining("must not be negative");
    }

    private int purge() {
        return (Integer) database.ask("SELECT purge_jobs('1 day', p_actor => 'janitor')");
    }

    private int expired(Integer days, UUID... ids) {
        return database.runtime()
                .first(
                        "SELECT purge_expired_jobs(?::integer, ?, 'test')",
                        row -> row.getInt(1),
                        days,
                        Database.array("uuid", List.of(ids)))
                .orElseThrow();
    }

    private UUID finishedWithDocument() {
        var document = new DocumentStore(database.runtime())
                .put("a.txt", "text/plain", new ByteArrayInputStream(new byte[] {1}));
        var claim = database.aJob().madeDaysAgo(50).document(document.id()).claimedBy("w");
        new ChunkStore(database.runtime())
                .store(claim, 0, List.of(new ChunkStore.NewChunk("text", 1, null, null, new float[] {1})));
        assertThat(database.store().complete(claim, "{}")).isTrue();
        return claim.id();
    }

    private void age(UUID id) {
        database.age(2, id);
    }

    private long count(String table) {
        return (Long) database.ask("SELECT count(*) FROM " + table);
    }
}
