package io.jobtrail.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.client.JobtrailClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @TempDir
    Path directory;

    @Test
    void printsEveryStateTheResultAndTheVerifiedTrail() throws IOException {
        assertThat(demo(true, Duration.ofSeconds(60), "Bericht an alle.txt")).isTrue();

        assertThat(output())
                .containsPattern("\\d\\d:\\d\\d:\\d\\d\\.\\d{3}  Bericht an alle.txt  default  queued")
                .containsPattern("Bericht an alle.txt  default  running")
                .containsPattern("Bericht an alle.txt  default  finished")
                .containsPattern("running +\\+5 ms")
                .contains("chunks   7")
                .contains("summary  Inhalt von Bericht an")
                .contains("trail verified")
                .contains("idle latency enqueue -> start: median 5.0 ms")
                .contains("All 22 jobs finished, all trails verified.");
    }

    @Test
    void aFailedJobFailsTheDemoAndShowsItsError() throws IOException {
        assertThat(demo(true, Duration.ofSeconds(60), "fine.txt", "broken.txt")).isFalse();

        assertThat(output()).contains("NO_TEXT: no text layer").contains("broken.txt: failed");
    }

    @Test
    void aTrailThatDoesNotHoldFailsTheDemo() throws IOException {
        assertThat(demo(true, Duration.ofSeconds(60), "tampered.txt")).isFalse();

        assertThat(output()).contains("TRAIL NOT VERIFIED").contains("its trail could not be verified");
    }

    @Test
    void givesUpAtTheLimitAndNamesWhatIsNotDone() throws IOException {
        assertThat(demo(true, Duration.ofMillis(300), "endless.txt", "fine.txt"))
                .isFalse();

        assertThat(output()).contains("Gave up after").contains("Not done: endless.txt (running)");
    }

    @Test
    void givesUpAtOnceWhenTheProcessesHaveEnded() throws IOException {
        assertThat(demo(false, Duration.ofMinutes(5), "endless.txt")).isFalse();

        assertThat(output()).contains("a process that is needed has ended");
    }

    private boolean demo(boolean serving, Duration limit, String... names) throws IOException {
        List<Path> files = List.of(names).stream()
                .map(name -> write(directory.resolve(name)))
                .toList();
        PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
        try (StubApi api = new StubApi(Ports.free())) {
            return new Demo(JobtrailClient.at(api.url()).realm(Demo.REALM), () -> serving, limit, out).run(files);
        }
    }

    private static Path write(Path file) {
        try {
            return Files.writeString(
                    file, "Inhalt von " + file.getFileName().toString().replace('"', '\''));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private String output() {
        return printed.toString(StandardCharsets.UTF_8);
    }
}
