package io.jobtrail.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.jobtrail.handler.JobContext.Chunk;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.job.Job;
import io.jobtrail.process.extract.HostileParser;
import io.jobtrail.process.extract.Pdfs;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.tika.Tika;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessDocumentTest {
    @TempDir
    static Path temp;

    private static ProcessDocument handler;

    @BeforeAll
    static void start() {
        handler = new ProcessDocument(
                new ProcessSettings(null, null, null, 64, Duration.ofMinutes(1), 50_000_000, 400, 50, temp, 1));
    }

    @AfterAll
    static void stop() {
        handler.close();
        assertThat(temp).isEmptyDirectory();
    }

    @AfterEach
    void nothingIsLeftOfTheJob() throws IOException {
        try (Stream<Path> left = Files.walk(temp)) {
            assertThat(left.filter(path -> path.getFileName().toString().startsWith("job-"))
                            .toList())
                    .isEmpty();
        }
    }

    private static Map<String, Object> process(RecordingContext context) throws Exception {
        return handler.handle(
                new Job(UUID.randomUUID(), "default", "main", "process_document", 1, 5, Map.of()), context);
    }

    @Test
    void aTextGoesThroughAllStages() throws Exception {
        RecordingContext context = RecordingContext.with(
                "Ngā mihi! The quick brown fox jumps over the lazy dog.\n\nIt is what it is, and that is that.");

        Map<String, Object> result = process(context);

        assertThat(context.stages())
                .containsExactly("validating_input", "extracting", "cleaning", "chunking", "embedding", "summarizing");
        assertThat(context.progress()).isSorted().startsWith(0.0).endsWith(1.0);
        assertThat(context.text())
                .isEqualTo(
                        "Ngā mihi! The quick brown fox jumps over the lazy dog.\n\nIt is what it is, and that is that.");
        assertThat(result)
                .containsEntry("chunks", 1)
                .containsEntry("embeddings", 1)
                .containsEntry("pages", null)
                .containsEntry("title", null)
                .containsEntry("language", "en")
                .containsEntry("characters", 91L)
                .containsEntry("content_type", "text/plain")
                .containsEntry("summary", "The quick brown fox jumps over the lazy dog.")
                .containsEntry("summary_method", "extractive/textrank")
                .containsEntry("extractor", "tika " + Tika.class.getPackage().getImplementationVersion())
                .containsEntry("chunker", "sentence-1")
                .containsEntry("embedder", "hash-v1-384")
                .containsEntry("embedding_dimensions", 384)
                .containsEntry("sha256", context.document().sha256())
                .hasEntrySatisfying(
                        "duration_sec", seconds -> assertThat((Double) seconds).isPositive());
        assertThat(new ObjectMapper().writeValueAsString(result)).contains("\"pages\":null");
    }

    @Test
    void aPdfGivesCleanTextWithPages() throws Exception {
        RecordingContext context = RecordingContext.with(Pdfs.withPages(List.of(
                List.of(
                        "Annual report",
                        "",
                        "The first para-",
                        "graph of the kāinga is some-",
                        "what long. It",
                        "",
                        "Page 1 of 3"),
                List.of("Annual report", "", "goes on over here.", "", "Page 2 of 3"),
                List.of("Annual report", "", "This is the end of it.", "", "Page 3 of 3"))));

        Map<String, Object> result = process(context);

        assertThat(result)
                .containsEntry("pages", 3)
                .containsEntry("content_type", "application/pdf")
                .containsEntry("language", "en");
        assertThat(context.chunks()).singleElement().satisfies(chunk -> {
            assertThat(chunk.text().replaceAll("\\s+", " "))
                    .isEqualTo(
                            "The first paragraph of the kāinga is somewhat long. It goes on over here. This is the end of it.");
            assertThat(chunk.pageFrom()).isEqualTo(1);
            assertThat(chunk.pageTo()).isEqualTo(3);
            assertThat(chunk.embedding()).hasSize(384);
        });
    }

    @Test
    void anEmptyFileIsCorrupt() {
        assertThatThrownBy(() -> process(RecordingContext.with("")))
                .isInstanceOfSatisfying(
                        PermanentFailure.class, e -> assertThat(e.code()).isEqualTo("INPUT_CORRUPT"));
    }

    @Test
    void aScannedPdfIsNoText() {
        assertThatThrownBy(() -> process(RecordingContext.with(Pdfs.withImageOnly())))
                .isInstanceOfSatisfying(
                        PermanentFailure.class, e -> assertThat(e.code()).isEqualTo("NO_TEXT"));
    }

    @Test
    void aCancelledJobStopsAtTheNextStage() {
        RecordingContext context = RecordingContext.with("Some text.");
        context.cancel();

        assertThatThrownBy(() -> process(context)).isInstanceOf(RecordingContext.Cancelled.class);
        assertThat(context.chunks()).isEmpty();
    }

    @Test
    void parsingEndsBeforeTheAttemptDoes() throws IOException {
        Path marker = temp.resolveSibling(temp.getFileName() + "-marker");
        RecordingContext context = RecordingContext.with(HostileParser.document("endless " + marker))
                .withTimeLeft(Duration.ofMillis(2500));

        assertThatThrownBy(() -> process(context))
                .isInstanceOfSatisfying(
                        PermanentFailure.class, e -> assertThat(e.code()).isEqualTo("PARSER_TIMEOUT"))
                .hasMessageContaining("2 s");
        Files.deleteIfExists(marker); // none when the time was over before the parser had begun
    }

    @Test
    void aLongTextStreamsThroughAParserWithASmallHeap() throws Exception {
        Path file = Files.createTempFile("long", ".txt");
        int sentences = 200_000;
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (int i = 0; i < sentences; i++) {
                writer.write("This is sentence " + i + " of a text that is long enough to need streaming.");
                writer.write(i % 10 == 9 ? "\n\n" : " ");
            }
        }
        RecordingContext context = RecordingContext.with(file);

        Map<String, Object> result = process(context);
        Files.delete(file);

        assertThat((Integer) result.get("chunks")).isGreaterThan(5000);
        assertThat(context.chunks())
                .hasSize((Integer) result.get("chunks"))
                .allSatisfy(chunk -> assertThat(chunk.tokens()).isBetween(1, 400));
        assertThat(context.chunks()).extracting(Chunk::text).first().asString().startsWith("This is sentence 0 of");
        assertThat(context.chunks()).extracting(Chunk::text).last().asString().contains("sentence 199999 of");
        assertThat(context.progress()).isSorted().hasSizeGreaterThan(50);
    }
}
