package io.jobtrail.bench.storm.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.job.JobIds;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.Together;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgersTest {
    @TempDir
    private Path run;

    @Test
    void whatWasWrittenIsReadAgain() throws Exception {
        var id = JobIds.next();
        try (var client = new ClientLedger(run);
                var handler = new HandlerLedger(run);
                var faults = new FaultLedger(run)) {
            client.attempted(1, "k1", "00ff", ClientLedger.Expectation.CANCELS_MAYBE);
            client.acked(1, id, false);
            client.seen(id, JobState.AWAITING_INPUT, 2, ClientLedger.now());
            handler.begin(id, 2, 1);
            handler.end(id, 2, 1, "00ff", HandlerLedger.Ending.RETURNED);
            faults.done(new FaultLedger.Entry("kill", "worker-1", 7L, FaultLedger.now(), null, null));
        }

        var history = History.read(run);

        assertThat(history.client())
                .extracting(ClientLedger.Entry::kind)
                .containsExactly(ClientLedger.Kind.ATTEMPTED, ClientLedger.Kind.ACKED, ClientLedger.Kind.SEEN);
        assertThat(history.client().get(2).askedAt())
                .isLessThanOrEqualTo(history.client().get(2).at());
        assertThat(history.handler().get(1))
                .extracting(HandlerLedger.Entry::job, HandlerLedger.Entry::pid, HandlerLedger.Entry::ending)
                .containsExactly(id, ProcessHandle.current().pid(), HandlerLedger.Ending.RETURNED);
        assertThat(history.faults()).hasSize(1);
        assertThat(Files.readString(run.resolve(ClientLedger.FILE))).contains("\"state\":\"awaiting_input\"");
    }

    @Test
    void linesOfManyWritersStayWhole() throws Exception {
        var id = JobIds.next();

        Together.run(8, i -> {
            try (var ledger = new HandlerLedger(run)) {
                for (int n = 0; n < 500; n++) {
                    ledger.end(id, i, n, "0".repeat(64), HandlerLedger.Ending.RETURNED);
                }
            }
            return null;
        });

        assertThat(History.read(run).handler()).hasSize(8 * 500);
    }

    /** As handlers are, just when they write. */
    @Test
    void anInterruptedWriterHarmsNobody() {
        try (var ledger = new HandlerLedger(run)) {
            Thread.currentThread().interrupt();
            ledger.begin(JobIds.next(), 1, 1);
            assertThat(Thread.interrupted()).isTrue();
            ledger.begin(JobIds.next(), 1, 2);
        }

        assertThat(History.read(run).handler()).hasSize(2);
    }

    @Test
    void theDatabaseIsWrittenDownAsItIs() throws Exception {
        try (var database = JobtrailDatabase.fresh();
                var owner = database.connect()) {
            var claim = database.aJob().idempotencyKey("k1", "f").claimedBy("host:7:00ff-0");
            database.store().complete(claim, "{\"n\":1}");
            var stale = database.aJob().claimedBy("host:8:00ff-0");
            database.leases().releaseStale(Duration.ZERO, 10, "sweeper:test");
            database.asOwner("ALTER TABLE pipeline_jobs DISABLE TRIGGER pipeline_jobs_4_trail_insert");
            var untrailed = database.aJob().insert();

            DatabaseLedger.write(owner, Map.of(QueueName.DEFAULT, List.of(stale.id())), run);
            var history = History.read(run);

            assertThat(history.jobs())
                    .filteredOn(job -> job.id().equals(claim.id()))
                    .singleElement()
                    .satisfies(job -> {
                        assertThat(job.key()).isEqualTo("k1");
                        assertThat(job.status()).isEqualTo(JobState.FINISHED);
                        assertThat(job.version()).isEqualTo(3);
                        assertThat(job.result().path("n").asInt()).isEqualTo(1);
                    });
            assertThat(history.events())
                    .filteredOn(event -> event.job().equals(stale.id()))
                    .extracting(DatabaseLedger.Event::lostBy)
                    .containsExactly(null, null, "host:8:00ff-0");
            assertThat(history.events().get(0).at()).isCloseTo(ClientLedger.now(), Offset.offset(60_000_000L));
            assertThat(history.trailProblems())
                    .extracting(DatabaseLedger.TrailProblem::job)
                    .containsExactly(untrailed);
            assertThat(history.hints()).containsExactly(new DatabaseLedger.Hint("default", stale.id()));
        }
    }
}
