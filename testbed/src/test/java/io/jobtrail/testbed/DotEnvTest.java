package io.jobtrail.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DotEnvTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "NAME=value            | value",
                "export NAME = value   | value",
                "NAME=\"two words # 1\" | two words # 1",
                "NAME='$HOME `x`'       | $HOME `x`",
                "NAME=value # comment  | value",
                "NAME=a#b=c            | a#b=c",
                "NAME=it's             | it's",
            })
    void aLineIsTakenLiterally(String line, String value) throws IOException {
        assertThat(DotEnv.read(write("# comment\n\n" + line + "\n")))
                .containsExactly(java.util.Map.entry("NAME", value));
    }

    @Test
    void anEmptyValueIsEmpty() throws IOException {
        assertThat(DotEnv.read(write("NAME=\n"))).containsEntry("NAME", "");
    }

    @Test
    void aLineThatIsNoSettingIsRefusedWithoutShowingIt() throws IOException {
        Path file = write("hunter2\n");
        assertThatThrownBy(() -> DotEnv.read(file)).hasMessageContaining(".env").hasMessageNotContaining("hunter2");
    }

    @Test
    void noFileMeansNoSettings() {
        assertThat(DotEnv.read(directory.resolve(".env"))).isEmpty();
    }

    private Path write(String text) throws IOException {
        return Files.writeString(directory.resolve(".env"), text);
    }
}
