package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.testing.JobtrailDatabase;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The web process as people start it: a Java process of its own with settings in its environment. */
class ApiMainTest {
    @AutoClose
    private static final JobtrailDatabase database = JobtrailDatabase.fresh();

    @TempDir
    private Path temporary;

    @Test
    void servesUntilItIsToldToStop() throws Exception {
        var killed = Files.createDirectory(temporary.resolve("jobtrail-uploads-1-killed"));
        Files.writeString(killed.resolve("upload"), "half of a file");
        Files.setLastModifiedTime(killed, FileTime.from(Instant.now().minusSeconds(3600)));
        var process = start(List.of(), "DATABASE_URL", database.environmentUrl(), "PORT", "0");
        try (var log = new BufferedReader(process.inputReader())) {
            var address = Pattern.compile("listening on (http://\\S+)");
            String base = null;
            var seen = new StringBuilder();
            for (var line = log.readLine(); line != null && base == null; line = base == null ? log.readLine() : line) {
                seen.append(line).append('\n');
                var match = address.matcher(line);
                base = match.find() ? match.group(1) : null;
            }
            assertThat(base).as("%s", seen).startsWith("http://127.0.0.1:");
            var answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(base + "/health/ready"))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(uploadDirectories()).hasSize(1).doesNotContain(killed);

            process.toHandle().destroy(); // unlike destroy() of Process this leaves its output to be read
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
            assertThat(log.lines()).anyMatch(line -> line.contains("stopped"));
            assertThat(uploadDirectories()).isEmpty();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void migrateSaysWhatItDid() throws Exception {
        assertThat(run(0, List.of("migrate"), "DATABASE_URL", database.environmentUrl()))
                .contains("The schema is up to date");
    }

    @Test
    void configShowsWhatIsInForceButNoSecret() throws Exception {
        var out = run(
                0,
                List.of("config"),
                "DATABASE_URL",
                "postgresql://me:s3cret-db@db.example.org/app",
                "REDIS_URL",
                "rediss://me:s3cret-redis@redis.example.org",
                "ADMIN_API_KEY",
                "s3cret-admin",
                "OPENAI_API_KEY",
                "s3cret-openai",
                "MAX_UPLOAD_BYTES",
                "12345");
        assertThat(out).doesNotContain("s3cret").contains("db.example.org", "redis.example.org");
        assertThat(out).containsPattern("MAX_UPLOAD_BYTES +12345 +environment");
        assertThat(out).containsPattern("PORT +8000 +default");
        assertThat(out).containsPattern("ADMIN_API_KEY +\\*\\*\\* +environment");
    }

    @Test
    void configShowsWhatWasGivenAlsoWhenSomeOfItIsWrong() throws Exception {
        assertThat(run(2, List.of("config"), "PORT", "99999"))
                .containsPattern("PORT +99999 +environment")
                .containsPattern("DATABASE_URL +- +default")
                .contains("DATABASE_URL is not set", "PORT must be");
    }

    @Test
    void doctorSaysWhatIsWrongAndWhatToDo() throws Exception {
        assertThat(run(0, List.of("doctor"), "DATABASE_URL", database.environmentUrl()))
                .contains("ok    postgres", "ok    documents", "ok    schema")
                .doesNotContain("FAIL");
        assertThat(run(1, List.of("doctor"), "DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/app"))
                .contains("FAIL  postgres", "fix: start Postgres", "skip  schema")
                .doesNotContain("s3cret", "\tat ");
        assertThat(run(1, List.of("doctor"))).contains("FAIL  settings    DATABASE_URL is not set");
    }

    @Test
    void versionIsThatOfTheJar() throws Exception {
        assertThat(run(0, List.of("--version")).strip())
                .as("no jar, no version")
                .isEqualTo("jobtrail api dev");
    }

    @Test
    void wrongSettingsAreListedAllAtOnce() throws Exception {
        var out = run(2, List.of(), "DATABASE_URL", "mysql://x", "PORT", "99999", "ALLOW_ANONYMOUS", "perhaps");
        assertThat(out).contains("DATABASE_URL", "PORT must be", "ALLOW_ANONYMOUS must be one of true, false");
        assertThat(out).doesNotContain("\tat ");
    }

    @Test
    void openDoorIsRefusedAtTheStart() throws Exception {
        var out = run(2, List.of(), "DATABASE_URL", database.environmentUrl(), "HOST", "0.0.0.0", "PORT", "0");
        assertThat(out).contains("ADMIN_API_KEY", "ALLOW_ANONYMOUS");
    }

    @Test
    void unknownCommandIsRefusedWithTheKnownOnes() throws Exception {
        assertThat(run(2, List.of("dance"))).contains("dance").contains("serve").contains("migrate");
    }

    private String run(int exit, List<String> arguments, String... environment) throws Exception {
        var process = start(arguments, environment);
        try {
            var out = new String(process.getInputStream().readAllBytes());
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as("%s", out).isEqualTo(exit);
            return out;
        } finally {
            process.destroyForcibly();
        }
    }

    private Process start(List<String> arguments, String... environment) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "io.jobtrail.ApiMain"));
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment()
                .keySet()
                .removeIf(name -> name.matches(
                        "DATABASE_URL|REDIS_URL|HOST|PORT|ADMIN_API_KEY|ALLOW_ANONYMOUS|JAVA_TOOL_OPTIONS"));
        for (int i = 0; i < environment.length; i += 2) {
            builder.environment().put(environment[i], environment[i + 1]);
        }
        return builder.start();
    }

    private List<Path> uploadDirectories() throws IOException {
        try (var files = Files.list(temporary)) {
            return files.filter(file -> file.getFileName().toString().startsWith("jobtrail-uploads-"))
                    .toList();
        }
    }
}
