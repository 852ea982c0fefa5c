package io.jobtrail.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.jobtrail.job.JobDetails;
import io.jobtrail.job.JobFilter;
import io.jobtrail.job.JobState;
import io.jobtrail.job.QueueName;
import io.jobtrail.testing.JobtrailDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class JobReaderTest {
    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    private final JobReader reader = database.reader();

    @Test
    void eachFilterAloneAndAllTogetherSelectTheRightJobs() {
        var plain = database.aJob().insert();
        var realm = database.aJob().realm("acme").insert();
        var urgent = database.aJob().queue(QueueName.URGENT).insert();
        var handler = database.aJob().handler("transcribe").insert();
        var running = database.aJob().claimedBy("w").id();
        var failed = failed(database.aJob().claimedBy("w"), "ENCRYPTED", "it has a password");
        var named = database.aJob().payload(Map.of("filename", "Invoice 7.pdf")).insert();
        var all = database.aJob()
                .realm("acme")
                .queue(QueueName.SLOW)
                .handler("transcribe")
                .payload(Map.of("filename", "Invoice 8.pdf"))
                .claimedBy("w");
        failed(all, "ENCRYPTED", "x");

        assertThat(ids(filter())).containsExactly(all.id(), named, failed, running, handler, urgent, realm, plain);
        assertThat(ids(new JobFilter("acme", null, null, null, null, null, null, 50)))
                .containsExactly(all.id(), realm);
        assertThat(ids(new JobFilter(null, QueueName.URGENT, null, null, null, null, null, 50)))
                .containsExactly(urgent);
        assertThat(ids(new JobFilter(null, null, Set.of(JobState.RUNNING), null, null, null, null, 50)))
                .containsExactly(running);
        assertThat(ids(new JobFilter(null, null, null, "transcribe", null, null, null, 50)))
                .containsExactly(all.id(), handler);
        assertThat(ids(new JobFilter(null, null, null, null, "ENCRYPTED", null, null, 50)))
                .containsExactly(all.id(), failed);
        assertThat(ids(new JobFilter(null, null, null, null, null, "invoice", null, 50)))
                .containsExactly(all.id(), named);
        assertThat(ids(new JobFilter(null, null, null, null, null, "PASSWORD", null, 50)))
                .containsExactly(failed);
        assertThat(ids(new JobFilter(null, null, null, null, null, plain.toString(), null, 50)))
                .containsExactly(plain);
        assertThat(ids(new JobFilter(null, null, null, null, null, null, urgent, 50)))
                .containsExactly(realm, plain);
        assertThat(ids(new JobFilter(null, null, null, null, null, null, null, 3)))
                .hasSize(3);
        assertThat(ids(new JobFilter(
                        "acme",
                        QueueName.SLOW,
                        Set.of(JobState.FAILED),
                        "transcribe",
                        "ENCRYPTED",
                        "invoice",
                        null,
                        50)))
                .containsExactly(all.id());
        assertThat(ids(new JobFilter(
                        "acme",
                        QueueName.SLOW,
                        Set.of(JobState.FAILED),
                        "transcribe",
                        "ENCRYPTED",
                        "invoice",
                        all.id(),
                        50)))
                .isEmpty();
    }

    @Test
    void pagesHaveNoGapAndNoRepeatEvenWhileJobsArrive() {
        var expected = new ArrayList<UUID>(
                database
                        .store()
                        .enqueue(IntStream.range(0, 120)
                                .mapToObj(i -> database.aJob().asked())
                                .toList())
                        .stream()
                        .map(accepted -> accepted.id())
                        .toList());
        Collections.reverse(expected);
        var seen = new ArrayList<UUID>();
        UUID before = null;
        List<UUID> page;
        do {
            page = ids(new JobFilter(null, null, null, null, null, null, before, 50));
            seen.addAll(page);
            before = seen.get(seen.size() - 1);
            database.aJob().insert();
        } while (page.size() == 50);
        assertThat(seen).containsExactlyElementsOf(expected);
    }

    @Test
    void signsOfThePatternLanguageAreSearchedLiterally() {
        var percent = database.aJob().payload(Map.of("filename", "100%.pdf")).insert();
        var underscore = database.aJob().payload(Map.of("filename", "a_b.pdf")).insert();
        var backslash = database.aJob().payload(Map.of("filename", "a\\b.pdf")).insert();
        database.aJob().payload(Map.of("filename", "axb.pdf")).insert();
        assertThat(ids(search("0%"))).containsExactly(percent);
        assertThat(ids(search("%"))).containsExactly(percent);
        assertThat(ids(search("a_b"))).containsExactly(underscore);
        assertThat(ids(search("a\\b"))).containsExactly(backslash);
        assertThat(ids(search("' OR 1=1 --"))).isEmpty();
    }

    @Test
    void whatAnOperatorHasHiddenIsNotShown() {
        var id = database.aJob().insert();
        database.asOwner("UPDATE pipeline_jobs SET deleted_at = now()");
        assertThat(reader.job(id)).isEmpty();
        assertThat(ids(filter())).isEmpty();
        assertThat(reader.counts().get(QueueName.DEFAULT)).isEmpty();
        assertThat(reader.history(id)).hasSize(1);
    }

    @Test
    void aJobIsReadBackWithAllItsParts() {
        var due = Instant.parse("2030-01-02T03:04:05.123456Z");
        var id = database.aJob()
                .queue(QueueName.SLOW)
                .realm("acme")
                .handler("transcribe")
                .payload(Map.of("a", "ü\u2028😀"))
                .maxAttempts(3)
                .dueAt(due)
                .insert();
        var job = reader.job(id).orElseThrow();
        assertThat(job.queue()).isEqualTo("slow");
        assertThat(job.realm()).isEqualTo("acme");
        assertThat(job.handler()).isEqualTo("transcribe");
        assertThat(job.payload()).isEqualTo("{\"a\": \"ü\u2028😀\"}");
        assertThat(job.maxAttempts()).isEqualTo(3);
        assertThat(job.runAfter()).isEqualTo(due);
        assertThat(job.startedAt()).isNull();
        assertThat(job.progress()).isNull();
        assertThat(reader.job(UUID.randomUUID())).isEmpty();
    }

    @Test
    void jobsAreCountedByQueueAndState() {
        database.aJob().insert();
        database.aJob().insert();
        database.aJob().claimedBy("w");
        database.aJob().queue(QueueName.URGENT).insert();
        assertThat(reader.counts())
                .containsExactlyEntriesOf(new java.util.TreeMap<>(Map.of(
                        QueueName.URGENT, Map.of(JobState.QUEUED, 1L),
                        QueueName.DEFAULT, Map.of(JobState.QUEUED, 2L, JobState.RUNNING, 1L),
                        QueueName.SLOW, Map.of())));
    }

    @Test
    void dueIsWhatCouldBeClaimedNowAndTheOldestFirst() {
        var now = Instant.now();
        var young = database.aJob().dueAt(now.minusSeconds(5)).insert();
        var old = database.aJob()
                .handler("transcribe")
                .dueAt(now.minusSeconds(50))
                .insert();
        var retrying = database.aJob().claimedBy("w");
        database.store().fail(retrying, "A", "a", false, Duration.ofHours(-1));
        database.aJob().dueAt(now.plusSeconds(600)).insert();
        database.aJob().claimedBy("w");
        database.aJob().queue(QueueName.SLOW).insert();

        var both = List.of("process_document", "transcribe");
        var due = reader.due(QueueName.DEFAULT, both, null, 10);
        assertThat(due)
                .extracting(JobReader.Due::id, JobReader.Due::handler)
                .containsExactly(
                        tuple(retrying.id(), "process_document"),
                        tuple(old, "transcribe"),
                        tuple(young, "process_document"));
        assertThat(reader.due(QueueName.DEFAULT, both, null, 2)).isEqualTo(due.subList(0, 2));
        assertThat(reader.due(QueueName.DEFAULT, both, due.get(1), 2)).isEqualTo(due.subList(2, 3));
        assertThat(reader.due(QueueName.DEFAULT, List.of("transcribe"), null, 10))
                .containsExactly(due.get(1));

        database.asOwner("UPDATE pipeline_queues SET paused = true WHERE name = 'default'");
        assertThat(reader.due(QueueName.DEFAULT, both, null, 10)).isEmpty();
        assertThat(reader.due(QueueName.SLOW, both, null, 10)).hasSize(1);
    }

    /** Jobs that were put off to the same moment. */
    @Test
    void pagesOfDueJobsLeaveNothingOutAtTheSameTime() {
        var same = Instant.now().minusSeconds(50);
        for (int i = 0; i < 7; i++) {
            database.aJob().dueAt(same).insert();
        }
        var ids = new ArrayList<UUID>();
        JobReader.Due last = null;
        for (var page = page(last); !page.isEmpty(); page = page(last)) {
            page.forEach(job -> ids.add(job.id()));
            last = page.get(page.size() - 1);
        }
        assertThat(ids).hasSize(7).isSorted().doesNotHaveDuplicates();
    }

    private List<JobReader.Due> page(JobReader.Due after) {
        return reader.due(QueueName.DEFAULT, List.of("process_document"), after, 3);
    }

    @Test
    void chunksComeInPagesWithTheirNumbers() {
        var claim = database.aJob().claimedBy("w");
        var chunks = new ChunkStore(database.runtime());
        chunks.store(claim, 0, List.of(new ChunkStore.NewChunk("a\0", 3, 1, 2, new float[] {0.5f, -1e-7f})));
        chunks.store(claim, 1, List.of(new ChunkStore.NewChunk("b", 4, null, null, new float[] {1f, 0f})));
        assertThat(reader.chunks(claim.id(), -1, 10))
                .as("not before it is finished")
                .isEmpty();
        database.store().complete(claim, null);
        assertThat(reader.chunks(claim.id(), -1, 10))
                .containsExactly(
                        new JobReader.StoredChunk(0, "a\ufffd", 3, 1, 2, List.of(0.5f, -1e-7f)),
                        new JobReader.StoredChunk(1, "b", 4, null, null, List.of(1f, 0f)));
        assertThat(reader.chunks(claim.id(), 0, 10)).hasSize(1);
        assertThat(reader.chunks(claim.id(), -1, 1)).hasSize(1);
    }

    @Test
    void aListLeavesOutLargeValuesThatTheJobItselfHas() {
        var exactly = "x".repeat(4_094); // two quotes make it 4 KB
        var large = "x".repeat(4_095);
        var kept = database.aJob()
                .payload(Map.of("input", exactly, "options", Map.of("a", 1)))
                .claimedBy("w");
        database.store().complete(kept, "\"" + exactly + "\"");
        var leftOut = database.aJob()
                .payload(Map.of("filename", "a.pdf", "input", large, "options", large))
                .claimedBy("w");
        database.store().complete(leftOut, "\"" + large + "\"");
        var nothing = database.aJob().payload(Map.of("input", large)).insert();

        var list = reader.page(filter()).jobs();
        assertThat(list).extracting(JobDetails::id).containsExactly(nothing, leftOut.id(), kept.id());
        assertThat(list.get(0).payload()).isEqualTo("{}");
        assertThat(list.get(1).payload()).isEqualTo("{\"filename\": \"a.pdf\"}");
        assertThat(list.get(1).result()).isNull();
        assertThat(list.get(2)).isEqualTo(reader.job(kept.id()).orElseThrow());
        var whole = reader.job(leftOut.id()).orElseThrow();
        assertThat(whole.payload()).contains("\"input\": \"" + large, "\"options\": \"" + large);
        assertThat(whole.result()).isEqualTo("\"" + large + "\"");
    }

    @Test
    void runningShowsWhoHoldsAJobAndSinceWhen() {
        var claim = database.aJob().claimedBy("w");
        database.leases().updateHeartbeats(List.of(new Leases.Beat(claim.id(), claim.version(), "extracting", 0.4)));
        database.asOwner("UPDATE pipeline_jobs SET started_at = started_at - interval '100 seconds'");
        database.aJob().insert();
        var running = reader.running();
        assertThat(running).hasSize(1);
        assertThat(running.get(0).id()).isEqualTo(claim.id());
        assertThat(running.get(0).stage()).isEqualTo("extracting");
        assertThat(running.get(0).progress()).isEqualTo(0.4);
        assertThat(running.get(0).worker()).isEqualTo("w");
        assertThat(running.get(0).runningSeconds()).isBetween(100.0, 130.0);
        assertThat(running.get(0).heartbeatAgeSeconds()).isBetween(0.0, 30.0);
    }

    private List<UUID> ids(JobFilter filter) {
        return reader.page(filter).jobs().stream().map(JobDetails::id).toList();
    }

    private static JobFilter filter() {
        return search(null);
    }

    private static JobFilter search(String text) {
        return new JobFilter(null, null, null, null, null, text, null, 50);
    }

    private UUID failed(io.jobtrail.job.Claim claim, String code, String error) {
        database.store().fail(claim, code, error, true, Duration.ZERO);
        return claim.id();
    }
}
