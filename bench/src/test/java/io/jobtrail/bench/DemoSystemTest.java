package io.jobtrail.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The whole system as a newcomer meets it: the packaged programs, real servers, all sample documents. */
class DemoSystemTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    @Test
    void theDemoFinishesEverySampleWithAVerifiedTrailAndLeavesNothingRunning() throws Exception {
        var home = home();
        var output = home.resolve("output.txt");
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx160m",
                        "-Djobtrail.home=" + home,
                        "-cp",
                        ROOT.resolve("testbed/target/testbed.jar") + ":" + ROOT.resolve("testbed/target/lib/*"),
                        "io.jobtrail.testbed.DevStack",
                        "demo",
                        "--reset")
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(6, TimeUnit.MINUTES)).isTrue();

        var text = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(process.exitValue()).describedAs(text).isZero();
        assertThat(text).contains("idle latency enqueue -> start: median");
        for (var sample : samples()) {
            assertThat(report(text, sample))
                    .describedAs(sample)
                    .containsSubsequence("queued", "running", "finished", "chunks", "summary", "trail verified");
        }
        assertThat(ProcessHandle.allProcesses()
                        .filter(p -> p.info().commandLine().orElse("").contains(home.toString())))
                .isEmpty();
    }

    /** A directory that looks like a checkout to the programs, so that the data of a developer's own run is left alone. */
    private static Path home() throws IOException {
        var home = Files.createDirectories(Path.of("target", "demo").toAbsolutePath());
        for (var part : new String[] {"api", "worker", "testbed", "docker", "samples"}) {
            if (!Files.exists(home.resolve(part))) {
                Files.createSymbolicLink(home.resolve(part), ROOT.resolve(part));
            }
        }
        return home;
    }

    /** The paragraph about one file. */
    private static String report(String text, String sample) {
        int start = text.indexOf("\n" + sample + "  (queue ");
        assertThat(start).describedAs(sample + " in " + text).isNotNegative();
        return text.substring(start, text.indexOf("\n\n", start));
    }

    private static Iterable<String> samples() throws IOException {
        try (var files = Files.list(ROOT.resolve("samples"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals("README.md") && !name.startsWith("."))
                    .sorted()
                    .toList();
        }
    }
}
