package io.jobtrail.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A short run over the packaged programs; the long ones are run by hand. */
class FuzzSystemTest {
    private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();

    @TempDir
    private Path directory;

    @Test
    void nothingThatIsSentBreaksARule() throws Exception {
        var log = new PrintStream(Files.newOutputStream(directory.resolve("fuzz.log")), true, StandardCharsets.UTF_8);

        var outcome = new FuzzRun(CHECKOUT, directory, log).run(1, Duration.ofSeconds(10), 4);

        assertThat(outcome.violations()).isEmpty();
        assertThat(outcome.requests()).isGreaterThan(200);
    }
}
