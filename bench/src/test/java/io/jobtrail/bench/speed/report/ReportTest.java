package io.jobtrail.bench.speed.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.bench.speed.Figure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    private static final List<Figure> FIGURES = Forged.everything().list();

    @TempDir
    Path docs;

    @Test
    void whatWasMeasuredIsReadBackAsItWas() throws IOException {
        var environment = new LinkedHashMap<String, String>();
        environment.put("postgres", "18.6, \"fsync=on\"\nshared_buffers=1GB");
        environment.put("cores", "2");
        var figures = List.of(new Figure("mix", "jobtrail", "disk", 3, "completed_per_s", 1 / 3.0, "jobs/s"));

        Report.write(docs, environment, figures);

        assertThat(Report.read(docs)).isEqualTo(new Measurements(environment, figures));
        assertThat(Report.read(docs).environment().keySet()).containsExactly("postgres", "cores");
        assertThat(page()).containsSubsequence("| postgres | 18.6, \"fsync=on\" shared_buffers=1GB |", "| cores | 2 |");
        assertThat(docs.resolve("performance/figures.csv"))
                .hasContent("workload,contestant,setting,run,metric,value,unit\n"
                        + "mix,jobtrail,disk,3,completed_per_s,0.3333333333333333,jobs/s\n");
    }

    @Test
    void theRawFileRefusesWhatItCouldNotReadBack() {
        assertThatThrownBy(() -> Report.write(
                        docs,
                        Map.of(),
                        new Forged().rate("a,b", "jobtrail", "disk", 1).list()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a comma");
    }

    @Test
    void thePageIsTheSameWhenItIsMadeAgain() throws IOException {
        Report.write(docs, Map.of("cores", "2"), FIGURES);
        var written = files();

        Report.remake(docs);

        assertThat(files()).isEqualTo(written);
    }

    @Test
    void thePageHasATableAndAPictureForEachWorkload() throws IOException {
        Report.write(docs, Map.of("cores", "2"), FIGURES);

        assertThat(page())
                .contains("median of 3 runs")
                .contains(
                        "| **Jobtrail** | the disk as it is | 5,210 (5,020–5,480) | 5,300 (5,100–5,500) | 2,410 (2,402–2,433) |")
                .contains("| db-scheduler | the disk as it is | not measured |")
                .doesNotContain("| plain Jesque | with a flush of 2 ms |")
                .contains("| db-scheduler | the disk as it is | 54.8 (54.8–54.8) | 99.8 (99.8–99.8) | 104 (104–104) |")
                .contains("completed, jobs/s | produced, jobs/s | WAL bytes per job | commits per job |")
                .contains("| cores | 2 |");
        for (var name :
                List.of("mix", "drain", "latency-50", "latency-200", "http-json", "http-file", "documents", "scale")) {
            assertThat(page()).contains("](performance/%s.svg)".formatted(name));
            assertThat(docs.resolve("performance/" + name + ".svg")).exists();
        }
    }

    @Test
    void withoutFiguresThereIsNoNumberAndNoPicture() throws IOException {
        Report.write(
                docs, Map.of(), new Forged().rate("mix", "jobtrail", "disk", 1).list());
        assertThat(docs.resolve("performance/mix.svg")).exists();
        Report.write(docs, Map.of(), List.of());

        assertThat(page())
                .contains("0 of 10 are met, 0 missed, 10 not measured.")
                .contains("| **Jobtrail** | the disk as it is | not measured |")
                .doesNotContain(".svg");
        assertThat(files().keySet())
                .containsExactly("performance.md", "performance/environment.json", "performance/figures.csv");
    }

    @Test
    void whatPeopleWroteIsLinkedAndLeftAlone() throws IOException {
        Report.write(docs, Map.of(), FIGURES);
        assertThat(page()).doesNotContain("(performance/notes.md)");

        var notes = docs.resolve("performance/notes.md");
        Files.writeString(notes, "# By hand\n");
        Report.remake(docs);

        assertThat(page()).contains("(performance/notes.md)");
        assertThat(notes).hasContent("# By hand\n");
    }

    @Test
    void theSummaryForTheTerminalHasGoalsAndTables() {
        assertThat(Report.summary(FIGURES))
                .contains("8 of 10 are met, 2 missed, 0 not measured.")
                .contains("| **Jobtrail** | the disk as it is | 212 (201–220) |");
    }

    private String page() throws IOException {
        return Files.readString(docs.resolve("performance.md"));
    }

    private Map<String, String> files() throws IOException {
        var files = new TreeMap<String, String>();
        try (var paths = Files.walk(docs)) {
            for (var path : paths.filter(Files::isRegularFile).toList()) {
                files.put(docs.relativize(path).toString(), Files.readString(path));
            }
        }
        return files;
    }
}
