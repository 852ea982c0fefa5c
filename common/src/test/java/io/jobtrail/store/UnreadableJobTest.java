package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.Claim;
import io.jobtrail.job.QueueName;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.LogLines;
import io.jobtrail.trace.JobLogContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

/** A job whose payload nobody can read: it fails when it is claimed, however that comes about, and costs no other anything. */
class UnreadableJobTest {
    private static final List<String> HANDLERS = List.of("process_document");
    private static final List<QueueName> ALL = List.of(QueueName.values());

    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    private static final JobStore store = database.store();

    /** As somebody may write it at psql: nested deeper than is read. */
    private static UUID anUnreadableJob() {
        return (UUID) database.ask(
                "SELECT job_id FROM enqueue_job('process_document', (repeat('[', 200) || repeat(']', 200))::jsonb)");
    }

    @Test
    void aJobThatNobodyCanReadFailsAtOnceAndCostsNoOtherAnything() {
        var named = anUnreadableJob();
        assertThat(store.claim(named, "w", HANDLERS)).isEmpty();
        database.assertThatJob(named).isFailed("INPUT_CORRUPT");

        var found = anUnreadableJob();
        var good = database.aJob().insert();
        assertThat(store.claim(ALL, 2, "w", HANDLERS)).extracting(Claim::id).containsExactly(good);
        database.assertThatJob(found).isFailed("INPUT_CORRUPT");

        var last = database.aJob().claimedBy("w");
        var next = anUnreadableJob();
        assertThat(store.completeAndClaim(last, "1", next, HANDLERS))
                .isEqualTo(new JobStore.Turnaround(true, Optional.empty()));
        database.assertThatJob(last.id()).isFinished();
        database.assertThatJob(next).isFailed("INPUT_CORRUPT");
    }

    @Test
    void aLockedJobIsRecordedBeforeTheNextOneIsRead() throws Exception {
        var last = database.aJob().claimedBy("w");
        var next = anUnreadableJob();
        try (var owner = database.connect()) {
            owner.setAutoCommit(false);
            Database.list(owner, "SELECT id FROM pipeline_jobs WHERE id = ? FOR UPDATE", row -> 1, last.id());
            var turn = CompletableFuture.supplyAsync(() -> store.completeAndClaim(last, "1", next, HANDLERS));
            await().until(() -> (Long) database.ask("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0);
            owner.rollback();
            assertThat(turn.join().completed()).isTrue();
        }
        database.assertThatJob(last.id()).isFinished();
    }

    @Test
    void whatIsLoggedOfItIsNotTheJobsBefore() {
        var last = database.aJob().claimedBy("w");
        var next = anUnreadableJob();
        try (var log = LogLines.of(ClaimReader.class);
                var context = JobLogContext.of(last)) {
            MDC.put("span_id", "of the last job");
            store.completeAndClaim(last, "1", next, HANDLERS);
            assertThat(log.contexts())
                    .containsExactly(
                            Map.of("job_id", next.toString(), "realm", "default", "queue", "default", "attempt", "1"));
            assertThat(MDC.getCopyOfContextMap())
                    .containsEntry("job_id", last.id().toString())
                    .containsEntry("span_id", "of the last job");
        }
        assertThat(MDC.getCopyOfContextMap()).isNullOrEmpty();
    }
}
