package io.jobtrail.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** A line that is logged must come out: with a binding of the wrong version, slf4j says nothing at all. */
class LoggingTest {

    /** What a process does that logs one line. */
    static final class OneLine {
        private OneLine() {}

        public static void main(String[] format) {
            Logging.configure(Map.of("LOG_FORMAT", format[0]));
            MDC.put("job_id", "job-7");
            LoggerFactory.getLogger(OneLine.class).info("a line\nof {}", "text");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text | INFO  \\[main\\] LoggingTest\\$OneLine job=job-7 a line . of text",
                "json | \"formattedMessage\":\"a line.nof text\"",
                "xml | a line . of text"
            })
    void oneLineComesOutOfEveryFormat(String format, String expected) throws Exception {
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OneLine.class.getName(),
                        format)
                .redirectErrorStream(true)
                .start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said.lines()).as(said).hasSize(1);
        assertThat(said).containsPattern(expected).contains("job-7");
    }
}
