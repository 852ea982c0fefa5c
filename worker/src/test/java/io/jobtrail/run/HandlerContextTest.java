package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobtrail.document.DocumentStore;
import io.jobtrail.handler.JobContext.Chunk;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.store.JobReader.StoredChunk;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a handler says and gets through its context, as it shows in the database. */
class HandlerContextTest extends RunnerTest {
    private UUID run(UUID id, ScriptedHandler.Script script) {
        rig.handler.will(script);
        rig.runner.run(id, "w1");
        return id;
    }

    @Test
    void stageAndProgressReachTheRowInFewStatements() {
        var statements = StatementCount.on(database);
        rig.close();
        rig = new RunnerRig(database.runtime(), database.url(), Duration.ofSeconds(1), RunnerRig.LONG);
        var id = run(RunnerRig.aJob(database).insert(), (job, context) -> {
            for (int i = 1; i <= 100_000; i++) {
                context.stage("page " + i);
                context.progress(i / 200_000.0);
            }
            await().until(() -> "page 100000".equals(stage(job.id())));
            assertThat(database.reader().job(job.id()).orElseThrow().progress()).isEqualTo(0.5);
            return null;
        });
        database.assertThatJob(id).isFinished().hasHistory("queued", "running", "finished");
        // enqueued, claimed and completed are among them
        assertThat(statements.count()).isLessThan(10);
    }

    @Test
    void theTimeLeftIsThatOfTheAttempt() {
        run(RunnerRig.aJob(database).timeoutSec(100).insert(), (job, context) -> {
            var left = context.timeLeft();
            assertThat(left).isBetween(Duration.ofSeconds(80), Duration.ofSeconds(100));
            await().until(() -> context.timeLeft().compareTo(left) < 0);
            return null;
        });
        database.assertThatJob(rig.handler.runs().get(0)).isFinished();
    }

    @Test
    void nonsenseAboutProgressHarmsNobody() {
        var id = run(RunnerRig.aJob(database).insert(), (job, context) -> {
            context.progress(0.25);
            context.progress(Double.NaN);
            context.stage("x\0" + "y".repeat(1 << 20));
            await().until(() -> stage(job.id()) != null);
            assertThat(stage(job.id())).startsWith("x\ufffdyyy").hasSizeLessThan(500);
            assertThat(database.reader().job(job.id()).orElseThrow().progress()).isEqualTo(0.25);
            context.progress(7);
            context.stage("over");
            await().until(() -> "over".equals(stage(job.id())));
            assertThat(database.reader().job(job.id()).orElseThrow().progress()).isEqualTo(1);
            return null;
        });
        database.assertThatJob(id).isFinished();
    }

    private static String stage(UUID id) {
        return database.reader().job(id).orElseThrow().stage();
    }

    @Test
    void aJobWithoutADocumentFailsAtOnceWhenItsHandlerWantsOne() {
        var id = run(
                RunnerRig.aJob(database).insert(),
                (job, context) -> context.document().size());
        database.assertThatJob(id).isFailed("NO_DOCUMENT");
    }

    private static UUID withDocument(String text) {
        var stored = new DocumentStore(database.runtime())
                .put("a.txt", "text/plain", new ByteArrayInputStream(text.getBytes()));
        return RunnerRig.aJob(database).document(stored.id()).insert();
    }

    @Test
    void theDocumentIsWhatWasSent() {
        var id = run(withDocument("the text"), (job, context) -> {
            var document = context.document();
            return List.of(
                    document.name(),
                    document.contentType(),
                    document.size(),
                    new String(document.open().readAllBytes()));
        });
        assertThat(database.assertThatJob(id).isFinished().job().result())
                .isEqualTo("[\"a.txt\", \"text/plain\", 8, \"the text\"]");
    }

    @Test
    void aDocumentThatChangedInTheDatabaseFailsTheJobHoweverItIsRead() {
        List<ScriptedHandler.Script> ways = List.of(
                (job, context) -> context.document().open().readAllBytes().length,
                (job, context) -> {
                    try (var bytes = context.document().open()) {
                        while (bytes.read() >= 0) {}
                    }
                    return null;
                },
                (job, context) -> {
                    context.document().open().skipNBytes(1000);
                    return null;
                });
        for (var way : ways) {
            var id = withDocument("the text");
            database.asOwner(
                    "UPDATE pipeline_document_parts SET bytes = '\\x7465' WHERE document_id = (SELECT document_id FROM pipeline_jobs WHERE id = '"
                            + id + "')");
            database.assertThatJob(run(id, way)).isFailed("INPUT_CORRUPT");
        }
    }

    private static Chunk chunk(String text) {
        return new Chunk(text, 1, 1, null, new float[] {0.5f, -1});
    }

    private static List<String> texts(UUID id) {
        return database.reader().chunks(id, -1, 100).stream()
                .map(StoredChunk::text)
                .toList();
    }

    @Test
    void chunksShowOnlyOnceTheJobIsFinishedAndOnlyThoseOfTheAttemptThatFinishedIt() {
        var id = run(RunnerRig.aJob(database).insert(), (job, context) -> {
            context.addChunks(List.of(chunk("of the first attempt"), chunk("also"), chunk("and this")));
            throw new IOException("half way");
        });
        assertThat(texts(id)).isEmpty();

        run(id, (job, context) -> {
            context.addChunks(List.of(chunk("one"), chunk("two\0")));
            context.addChunks(List.of());
            context.addChunks(List.of(chunk("three")));
            assertThat(texts(id)).isEmpty();
            return null;
        });
        assertThat(texts(id)).containsExactly("one", "two\ufffd", "three");
        assertThat(database.reader().chunks(id, 0, 1).get(0).embedding()).containsExactly(0.5f, -1f);
    }

    @Test
    void anAttemptThatLostItsClaimStoresNoChunks() {
        var id = RunnerRig.aJob(database).insert();
        run(id, (job, context) -> {
            database.asOwner(
                    "UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour' WHERE id = '" + id + "'");
            database.leases().releaseStale(Duration.ofMinutes(1), 10, "sweeper:test");
            assertThatThrownBy(() -> context.addChunks(List.of(chunk("late"))))
                    .isInstanceOf(LiveContext.Stopped.class)
                    .isNotInstanceOf(PermanentFailure.class);
            return "late";
        });
        database.assertThatJob(id).isRetrying("HEARTBEAT_TIMEOUT");
        assertThat(database.runtime()
                        .first("SELECT count(*) FROM pipeline_chunks WHERE job_id = ?", r -> r.getInt(1), id))
                .contains(0);
    }
}
