package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.JobFilter;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is asked each second reads nothing of a backlog it does not ask for. Counted by the database, not timed. */
class BacklogTest {
    private static final List<QueueName> ALL = List.of(QueueName.values());

    /** The planner may look at the ends of an index. */
    private static final long A_FEW = 20;

    private static final int RUNNING = 1_000; // about so many
    private static final UUID SMALL_BATCH = JobIds.next();

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    @BeforeAll
    static void twoBacklogs() {
        // What has been vacuumed is counted from the index alone, without reading a job.
        database.asOwner("ALTER TABLE pipeline_jobs SET (autovacuum_enabled = off)");
        database.asOwner("INSERT INTO pipeline_handlers (name) VALUES ('other'), ('deferred')");
        database.aJob().madeDaysAgo(3).realm("rare").insert();
        insert("default", "other", 20_000, "- interval '1 hour'");
        insert("slow", "deferred", 20_000, "+ interval '1 day'");
        database.asOwner("UPDATE pipeline_jobs SET status = 'running' WHERE handler = 'deferred' AND id IN"
                + " (SELECT id FROM pipeline_jobs ORDER BY md5(id::text) LIMIT %d)".formatted(2 * RUNNING));
        insert("slow", "deferred", 1, "+ interval '1 day'");
        database.asOwner(
                "UPDATE pipeline_jobs SET batch_id = '%s' WHERE id = (SELECT max(id::text)::uuid FROM pipeline_jobs)"
                        .formatted(SMALL_BATCH));
        database.asOwner("ANALYZE pipeline_jobs");
    }

    private static void insert(String queue, String handler, int count, String when) {
        database.asOwner("""
                INSERT INTO pipeline_jobs (id, queue, handler, timeout_sec, run_after)
                SELECT uuid_v7(), '%s', '%s', 60, now() %s + n * interval '1 ms'
                FROM generate_series(1, %d) n""".formatted(queue, handler, when, count));
    }

    @Test
    void aClaimReadsNoJobOfOtherHandlers() {
        assertThat(jobsReadBy(counted -> assertThat(new JobStore(counted).claim(ALL, 50, "w", List.of("mine", "own")))
                        .isEmpty()))
                .isLessThan(A_FEW);
    }

    @Test
    void aClaimReadsNoJobThatIsNotDueYet() {
        assertThat(jobsReadBy(counted -> assertThat(new JobStore(counted).claim(ALL, 50, "w", List.of("deferred")))
                        .isEmpty()))
                .isLessThan(A_FEW);
    }

    @Test
    void aClaimReadsNoMoreThanItTakes() {
        insert("default", "few", 300, "- interval '1 hour'");
        assertThat(jobsReadBy(counted -> assertThat(new JobStore(counted).claim(ALL, 10, "w", List.of("few", "mine")))
                        .hasSize(10)))
                .isBetween(10L, 100L);
    }

    @Test
    void theLookForDueJobsReadsNoneOfOtherHandlers() {
        assertThat(jobsReadBy(counted -> {
                    var reader = new JobReader(counted);
                    for (int i = 0; i < 20; i++) { // the driver and the server change their plan on the way
                        assertThat(reader.due(QueueName.DEFAULT, List.of("mine", "own"), null, 1_000))
                                .isEmpty();
                        assertThat(reader.due(QueueName.SLOW, List.of("mine", "deferred"), null, 1_000))
                                .isEmpty();
                    }
                }))
                .isLessThan(A_FEW);
    }

    @Test
    void whatNobodyServesIsCountedUpToALimitAndNothingThatIsNotDue() {
        assertThat(jobsReadBy(counted -> assertThat(new WorkerRegistry(counted).unserved())
                        .singleElement()
                        .satisfies(unserved -> {
                            assertThat(unserved.jobs()).isGreaterThanOrEqualTo(1_000);
                            assertThat(unserved.exact()).isFalse();
                        })))
                .isBetween(1_000L, 1_400L);
    }

    @Test
    void whatAJobWaitsForIsCountedUpToALimitForEachHandler() {
        var last = database.reader()
                .job((java.util.UUID) database.ask(
                        "SELECT id FROM pipeline_jobs WHERE handler = 'other' ORDER BY run_after DESC LIMIT 1"))
                .orElseThrow();
        assertThat(jobsReadBy(counted -> {
                    for (int i = 0; i < 20; i++) { // the driver and the server change their plan on the way
                        assertThat(new WaitingJobs(counted).standing(last))
                                .hasValueSatisfying(
                                        standing -> assertThat(standing.ahead()).isEqualTo(WaitingJobs.COUNTED));
                    }
                }))
                .isBetween(2_000L, 2_000L + 20 * A_FEW);
    }

    @Test
    void howLongJobsTakeIsToldByTheNewestOfTheirKind() {
        assertThat(jobsReadBy(counted -> {
                    for (int i = 0; i < 20; i++) {
                        assertThat(new WaitingJobs(counted).typicalSeconds("default", "default", "other"))
                                .isEmpty();
                    }
                }))
                .isLessThan(A_FEW);
    }

    @Test
    void aReleaseReadsOnlyWhatRuns() {
        assertThat(jobsReadBy(
                        counted -> assertThat(new Leases(counted).releaseStale(Duration.ofSeconds(60), 500, "test"))
                                .isEmpty()))
                .isLessThan(2 * RUNNING);
    }

    /** The statistics were gathered when no job was in these states; the plans of the connection are as old. */
    @Test
    void whatIsNamedByItsIdIsAllThatIsReadHoweverOldThePlanIs() {
        try (var fresh = JobtrailDatabase.fresh()) {
            fresh.asOwner("ALTER TABLE pipeline_jobs SET (autovacuum_enabled = off)");
            fresh.asOwner(
                    "INSERT INTO pipeline_jobs (id, queue, handler, timeout_sec) SELECT uuid_v7(), 'default', 'other', 60"
                            + " FROM generate_series(1, 20000)",
                    "UPDATE pipeline_jobs SET status = 'cancelled'",
                    "VACUUM ANALYZE pipeline_jobs");
            long before;
            try (var working = new Database(fresh.url(), "working", 1, 1)) {
                var store = new JobStore(working);
                var leases = new Leases(working);
                for (int i = 0; i < 12; i++) { // the driver and the server change their plans on the way
                    live(store, leases, fresh, i);
                }
                fresh.asOwner(
                        "UPDATE pipeline_jobs SET status = 'queued' WHERE status = 'cancelled'",
                        "UPDATE pipeline_jobs SET status = 'running' WHERE id IN"
                                + " (SELECT id FROM pipeline_jobs WHERE handler = 'other' LIMIT 10000)");
                before = jobsRead(fresh, "PostgreSQL JDBC Driver");
                live(store, leases, fresh, 0);
                live(store, leases, fresh, 1);
            }
            assertThat(jobsRead(fresh, "jobtrail working") - before).isLessThan(500);
        }
    }

    /** As in the first minute of every new system. */
    @Test
    void aPlanMadeForAnEmptyTableReadsNoMoreThanWhatIsNamed() {
        try (var fresh = JobtrailDatabase.fresh()) {
            fresh.asOwner("ALTER TABLE pipeline_jobs SET (autovacuum_enabled = off)");
            long before;
            try (var working = new Database(fresh.url(), "working", 1, 1)) {
                var store = new JobStore(working);
                var leases = new Leases(working);
                for (int i = 0; i < 12; i++) {
                    live(store, leases, fresh, i);
                }
                fresh.asOwner(
                        "INSERT INTO pipeline_jobs (id, queue, handler, timeout_sec) SELECT uuid_v7(), 'default', 'process_document',"
                                + " 60 FROM generate_series(1, 20000)");
                before = jobsRead(fresh, "PostgreSQL JDBC Driver");
                live(store, leases, fresh, 0);
                live(store, leases, fresh, 1);
            }
            assertThat(jobsRead(fresh, "jobtrail working") - before).isLessThan(500);
        }
    }

    /** One job to its end, or to its failure. */
    private static void live(JobStore store, Leases leases, JobtrailDatabase fresh, int i) {
        var claim = store.claim(fresh.aJob().insert(), "w", List.of("process_document"))
                .orElseThrow();
        leases.updateHeartbeats(List.of(new Leases.Beat(claim.id(), claim.version(), "stage", null)));
        assertThat(leases.pulses(List.of(claim))).hasSize(1);
        if (i % 2 == 0) {
            assertThat(store.complete(claim, null)).isTrue();
        } else {
            assertThat(store.fail(claim, "CODE", "text", true, Duration.ZERO)).isPresent();
        }
    }

    @Test
    void aLookForOldJobsReadsNoneThatIsYoung() {
        assertThat(jobsReadBy(counted -> assertThat(new JobReader(counted).ended(30, null, 1_000))
                        .isEmpty()))
                .isLessThan(A_FEW);
    }

    /** Whatever is asked for: the driver and the server change their plan on the way. */
    @Test
    void aListReadsLittleMoreThanItShows() {
        for (var filter : List.of(
                new JobFilter("rare", null, null, null, null, null, null, 50),
                new JobFilter("rare", null, Set.of(JobState.QUEUED), null, null, null, null, 50),
                new JobFilter("nowhere", null, null, null, null, null, null, 50),
                new JobFilter(null, null, Set.of(JobState.RETRYING), null, null, null, null, 50),
                new JobFilter(null, QueueName.URGENT, null, null, null, null, null, 50),
                new JobFilter(null, null, null, "process_document", null, null, null, 50),
                new JobFilter(null, null, null, null, "CODE", null, null, 50),
                new JobFilter(null, null, null, null, null, null, null, 50, SMALL_BATCH),
                new JobFilter(null, null, Set.of(JobState.QUEUED), null, null, null, null, 50, SMALL_BATCH),
                new JobFilter(null, null, null, null, null, null, null, 50, JobIds.next()))) {
            assertThat(jobsReadBy(counted -> {
                        var reader = new JobReader(counted);
                        for (int i = 0; i < 12; i++) {
                            assertThat(reader.page(filter).jobs()).hasSizeLessThan(2);
                        }
                    }))
                    .as(filter.toString())
                    .isLessThan(12 * A_FEW);
        }
        assertThat(jobsReadBy(counted -> new JobReader(counted)
                        .page(new JobFilter(null, null, Set.of(JobState.QUEUED), null, null, null, null, 50))))
                .isLessThan(500);
    }

    @Test
    void howABatchStandsReadsItsJobsOnly() {
        assertThat(jobsReadBy(counted -> {
                    var batches = new Batches(counted);
                    for (int i = 0; i < 12; i++) {
                        assertThat(batches.counts(SMALL_BATCH, "default")).containsEntry(JobState.QUEUED, 1L);
                        assertThat(batches.members(SMALL_BATCH, null, null, 1_000))
                                .hasSize(1);
                        assertThat(batches.counts(JobIds.next(), null)).isEmpty();
                    }
                }))
                .isLessThan(12 * A_FEW);
    }

    @Test
    void theOldestWaitOfAQueueReadsOneJobOfEachHandler() {
        assertThat(jobsReadBy(counted -> {
                    var reader = new JobReader(counted);
                    for (int i = 0; i < 12; i++) {
                        assertThat(reader.oldestWaits().get(QueueName.DEFAULT)).isGreaterThan(3_500);
                        assertThat(reader.oldestWaits()).doesNotContainKey(QueueName.URGENT);
                    }
                }))
                .isLessThan(24 * A_FEW);
    }

    @Test
    void countsReadNoJob() {
        assertThat(jobsReadBy(counted -> {
                    var slow = new JobReader(counted).counts().get(QueueName.SLOW);
                    assertThat(slow.values().stream().mapToLong(n -> n).sum()).isEqualTo(20_001);
                }))
                .isLessThan(A_FEW);
    }

    @Test
    void jobsThatAreNotDueAreCountedUpToALimit() {
        assertThat(jobsReadBy(counted ->
                        assertThat(new Queues(counted).notDue()).containsOnlyKeys(QueueName.URGENT, QueueName.DEFAULT)))
                .isBetween(1_000L, 1_000L + 2 * A_FEW);
    }

    private static long jobsReadBy(Consumer<Database> work) {
        var before = jobsRead(database, "jobtrail counted", "PostgreSQL JDBC Driver");
        try (var counted = new Database(database.url(), "counted", 0, 1)) {
            work.accept(counted);
        }
        return jobsRead(database, "jobtrail counted", "PostgreSQL JDBC Driver") - before;
    }

    /** @param ended connections that are waited for: one hands in its counts at the latest when it ends */
    private static long jobsRead(JobtrailDatabase database, String... ended) {
        await().until(() -> database.ask(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                                + "AND application_name = ANY (string_to_array(?, ',')) AND pid <> pg_backend_pid()",
                        String.join(",", ended))
                .equals(0L));
        return (Long)
                database.ask(
                        "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = 'pipeline_jobs'");
    }
}
