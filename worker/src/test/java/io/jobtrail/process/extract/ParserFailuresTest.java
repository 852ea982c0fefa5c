package io.jobtrail.process.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobtrail.document.WorkDirectory;
import io.jobtrail.handler.PermanentFailure;
import io.jobtrail.handler.RetryableFailure;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever happens to a parser process, its job ends with a code, and the next document is read. */
class ParserFailuresTest {
    private static final byte[] GOOD = "A good text.".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path temp;

    private static final Duration LONG = Duration.ofHours(1);

    private WorkDirectory work;
    private TextExtractor extractor;

    private void start(Duration timeout) {
        work = WorkDirectory.createIn(temp, "work");
        extractor = new TextExtractor(1, 64, timeout, 5_000_000, work);
    }

    @AfterEach
    void stop() throws IOException {
        extractor.close();
        assertThat(filesOfParsers()).isEmpty();
        work.close();
    }

    private Extraction extract(byte[] document, Runnable checkCancelled) throws IOException, InterruptedException {
        Path input = Files.createTempFile(temp, "input", null);
        Files.write(input, document);
        return extractor.extract(input, temp.resolve("output"), () -> LONG, checkCancelled);
    }

    private List<Path> filesOfParsers() throws IOException {
        try (Stream<Path> files = Files.list(work.path())) {
            return files.filter(Files::isDirectory).toList();
        }
    }

    private void assertThatTheNextDocumentIsRead() throws IOException, InterruptedException {
        assertThat(extract(GOOD, () -> {}).contentType()).isEqualTo("text/plain");
    }

    @Test
    void aParserThatNeedsTooMuchMemoryIsALimit() throws Exception {
        start(Duration.ofSeconds(60));

        assertThatThrownBy(() -> extract(HostileParser.document("memory"), () -> {}))
                .isInstanceOfSatisfying(
                        PermanentFailure.class, e -> assertThat(e.code()).isEqualTo("EXTRACT_LIMIT"));
        assertThatTheNextDocumentIsRead();
    }

    @Test
    void aParserThatDiesIsWorthAnotherAttempt() throws Exception {
        start(Duration.ofSeconds(30));

        assertThatThrownBy(() -> extract(HostileParser.document("exit"), () -> {}))
                .isInstanceOfSatisfying(
                        RetryableFailure.class, e -> assertThat(e.code()).isEqualTo("PARSER_CRASHED"))
                .hasMessageContaining("42");
        assertThatTheNextDocumentIsRead();
    }

    @ParameterizedTest
    @ValueSource(strings = {"disk", "file", "class", "directory"})
    void aFaultOfTheMachineIsWorthAnotherAttemptInAnotherProcess(String fault) throws Exception {
        start(Duration.ofSeconds(30));

        assertThatThrownBy(() -> extract(HostileParser.document(fault), () -> {}))
                .isInstanceOfSatisfying(
                        RetryableFailure.class, e -> assertThat(e.code()).isEqualTo("PARSER_CRASHED"));
        assertThat(filesOfParsers()).as("directories of living parsers").isEmpty();
        assertThatTheNextDocumentIsRead();
    }

    @Test
    void aParserThatIsKilledIsWorthAnotherAttempt() throws Exception {
        start(Duration.ofSeconds(30));
        Path marker = temp.resolve("marker");
        CompletableFuture<Extraction> extraction = CompletableFuture.supplyAsync(() -> extractQuietly(marker));
        await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(marker));

        ProcessHandle program =
                ProcessHandle.of(Long.parseLong(Files.readString(marker))).orElseThrow();
        program.parent().orElseThrow().destroyForcibly();
        program.destroyForcibly();

        assertThatThrownBy(extraction::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(RetryableFailure.class);
        assertThatTheNextDocumentIsRead();
    }

    private Extraction extractQuietly(Path marker) {
        try {
            return extract(HostileParser.document("endless " + marker), () -> {});
        } catch (IOException | InterruptedException e) {
            throw new CompletionException(e);
        }
    }

    @Test
    void anEndlessParserIsKilledWithAllItStarted() throws Exception {
        start(Duration.ofSeconds(10));
        Path marker = temp.resolve("marker");

        assertThatThrownBy(() -> extract(HostileParser.document("endless " + marker), () -> {}))
                .isInstanceOfSatisfying(
                        PermanentFailure.class, e -> assertThat(e.code()).isEqualTo("PARSER_TIMEOUT"));

        assertThatProgramEnds(marker);
        assertThatTheNextDocumentIsRead();
    }

    @Test
    void cancellingKillsTheParser() throws Exception {
        start(Duration.ofMinutes(5));
        Path marker = temp.resolve("marker");

        assertThatThrownBy(() -> extract(HostileParser.document("endless " + marker), () -> {
                    if (Files.exists(marker)) {
                        throw new IllegalStateException("cancelled");
                    }
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("cancelled");

        assertThatProgramEnds(marker);
        assertThatTheNextDocumentIsRead();
    }

    @Test
    void interruptingKillsTheParser() throws Exception {
        start(Duration.ofMinutes(5));
        Path marker = temp.resolve("marker");
        FutureTask<Extraction> task =
                new FutureTask<>(() -> extract(HostileParser.document("endless " + marker), () -> {}));
        Thread thread = new Thread(task);
        thread.start();
        await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(marker));

        thread.interrupt();

        assertThatThrownBy(task::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        assertThatProgramEnds(marker);
        assertThatTheNextDocumentIsRead();
    }

    @Test
    void whoeverWaitsForAParserCanBeCancelled() throws Exception {
        start(Duration.ofMinutes(5));
        Path marker = temp.resolve("marker");
        AtomicBoolean enough = new AtomicBoolean();
        CompletableFuture<Extraction> first = CompletableFuture.supplyAsync(() -> extractQuietly(marker));
        await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(marker));

        assertThatThrownBy(() -> extract(GOOD, () -> {
                    if (enough.getAndSet(true)) {
                        throw new IllegalStateException("cancelled while waiting");
                    }
                }))
                .hasMessage("cancelled while waiting");
        assertThat(first).isNotDone();
    }

    @Test
    void aParserEndsWhenItsWorkerIsGone() throws Exception {
        start(Duration.ofMinutes(5));
        Path marker = temp.resolve("marker");
        Path input = Files.write(temp.resolve("input"), HostileParser.document("endless " + marker));
        Process orphan = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ParserMain.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        new Message.Request(input, temp.resolve("output"), 1000)
                .writeTo(new DataOutputStream(orphan.getOutputStream()));
        await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(marker));

        orphan.getOutputStream().close();

        assertThat(orphan.waitFor(10, TimeUnit.SECONDS)).isTrue();
        ProcessHandle.of(Long.parseLong(Files.readString(marker))).ifPresent(ProcessHandle::destroyForcibly);
    }

    private static void assertThatProgramEnds(Path marker) throws IOException {
        long pid = Long.parseLong(Files.readString(marker));
        await().untilAsserted(() ->
                assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty());
    }
}
