package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of the dashboard: what they may not contain, how they are sent, and that they stay small. */
class DashboardTest {
    private static final Path FILES = Path.of("src/main/resources/web/dashboard");
    private static final int MOST_BYTES = 120_000;
    private static final int MOST_LINES = 300;

    private static RunningApi api;

    @BeforeAll
    static void start() {
        api = RunningApi.start("ADMIN_API_KEY", "a-key-for-the-tests", "HOST", "127.0.0.1");
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    static List<Path> files() throws IOException {
        try (var files = Files.list(FILES)) {
            return files.sorted().toList();
        }
    }

    private static String address(Path file) {
        var name = file.getFileName().toString();
        return name.equals("index.html") ? "/" : "/dashboard/" + name;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyFileIsServedToEverybodyAndHeldToThePolicy(Path file) {
        var answer = api.get(address(file)).is(200);
        assertThat(answer.text()).isEqualTo(read(file));
        assertThat(answer.header("Content-Security-Policy"))
                .startsWith("default-src 'self';")
                .contains("frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'")
                .doesNotContain("unsafe", "data:", "http");
        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(answer.header("Referrer-Policy")).isEqualTo("no-referrer");
        assertThat(answer.header("Cache-Control")).isEqualTo("no-cache");
        assertThat(api.get(address(file), "If-None-Match", answer.header("ETag"))
                        .is(304)
                        .body())
                .isEmpty();
    }

    /** What the policy would refuse, or what would turn the words of strangers into markup, so that it is not noticed only in a browser. */
    @ParameterizedTest
    @MethodSource("files")
    void nothingReadsMarkupAndNothingComesFromElsewhere(Path file) {
        assertThat(read(file))
                .doesNotContainPattern(
                        "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|Function\\(|srcdoc")
                .doesNotContainPattern("<style|\\sstyle=|\\son[a-z]+=\"|javascript:|\"style\"|(?<!list-)style:")
                .doesNotContainPattern("(https?:)?//(?!www\\.w3\\.org/2000/svg)[a-z0-9]+\\.[a-z]");
        // Relative addresses only, so that it works behind any prefix.
        assertThat(read(file)).doesNotContainPattern("(src|href|fetch\\(|from )\\s*[=:]?\\s*[\"'`]/");
    }

    @Test
    void itIsSmall() throws IOException {
        assertThat(files().stream().mapToLong(file -> file.toFile().length()).sum())
                .isLessThan(MOST_BYTES);
        for (var file : files()) {
            assertThat(read(file).lines().count()).as("lines of %s", file).isLessThanOrEqualTo(MOST_LINES);
        }
    }

    @Test
    void whatTheFilesNameIsThere() throws IOException {
        var named = Pattern.compile("(?:from \"\\./|dashboard/)([a-z-]+\\.(?:js|css|svg))\"");
        for (var file : files()) {
            named.matcher(read(file))
                    .results()
                    .forEach(match -> api.get("/dashboard/" + match.group(1)).is(200));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "other.js",
                "index.html",
                "..%2Fdocs%2Fdocs.js",
                "%2e%2e%2fopenapi.json",
                "openapi.json",
                "app.js%00",
                "App.js",
                ".js"
            })
    void noOtherFileOfTheProgramIsServed(String name) {
        assertThat(api.get("/dashboard/" + name).status()).isIn(400, 404);
    }
}
