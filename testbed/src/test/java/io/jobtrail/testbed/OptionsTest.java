package io.jobtrail.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {
    @Test
    void nothingGivenMeansTheWholeStackOnTheUsualPort() {
        assertThat(Options.parse()).isEqualTo(new Options(false, List.of(), 0, true, false));
    }

    @Test
    void optionsMayStandBeforeAndAfterTheFilesOfTheDemo(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("a.txt"), "a");
        assertThat(Options.parse("--port=9000", "demo", file.toString(), "--reset"))
                .isEqualTo(new Options(true, List.of(file), 9000, true, true));
        assertThat(Options.parse("--no-workers", "--port", "81"))
                .isEqualTo(new Options(false, List.of(), 81, false, false));
    }

    @ParameterizedTest
    @CsvSource({
        "--prot,                unknown option --prot",
        "start,                 unknown command start",
        "--port,                'from 1 to 65535, not nothing'",
        "--port 0,              'from 1 to 65535, not 0'",
        "--port 65536,          'from 1 to 65535, not 65536'",
        "--port=x,              'from 1 to 65535, not x'",
        "demo /does/not/exist,  /does/not/exist is not a readable file",
        "demo --no-workers,     the demo needs workers",
    })
    void aMistakeIsNamed(String arguments, String message) {
        assertThatThrownBy(() -> Options.parse(arguments.split(" ")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
