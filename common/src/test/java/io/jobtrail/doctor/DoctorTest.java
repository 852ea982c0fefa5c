package io.jobtrail.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobtrail.config.Settings;
import io.jobtrail.queue.Redis;
import io.jobtrail.testbed.RedisServer;
import io.jobtrail.testbed.TestServers;
import io.jobtrail.testing.JobtrailDatabase;
import io.jobtrail.testing.S3Objects;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
    @AutoClose
    private final JobtrailDatabase database = JobtrailDatabase.fresh();

    private final Map<String, String> environment = new HashMap<>();
    private int exit;

    @BeforeEach
    void open() {
        environment.put("DATABASE_URL", database.environmentUrl());
        environment.put("REDIS_URL", TestServers.redis().url());
    }

    private List<String> examine() {
        var out = new ByteArrayOutputStream();
        exit = Doctor.examine(
                () -> Settings.fromEnvironment(environment),
                List.of(() -> Finding.ok("more", "of the process itself")),
                new PrintStream(out, true, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    /** The line of the check, and what follows it. */
    private static String told(List<String> lines, String check) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).matches("\\w+ +" + check + " .*")) {
                boolean hasFix = i + 1 < lines.size() && lines.get(i + 1).startsWith(" ");
                return lines.get(i).replaceAll(" +", " ")
                        + (hasFix ? "\n" + lines.get(i + 1).strip() : "");
            }
        }
        throw new AssertionError(check + " is not among " + lines);
    }

    @Test
    void whatIsWellIsOneLineEachAndNothingIsLeftBehind() {
        var lines = examine();
        assertThat(told(lines, "postgres"))
                .startsWith("ok postgres PostgreSQL ")
                .doesNotContain("***@");
        assertThat(told(lines, "clock")).startsWith("ok clock this machine is 0.");
        assertThat(told(lines, "schema")).isEqualTo("ok schema up to date");
        assertThat(told(lines, "rights")).startsWith("ok rights the processes act as jobtrail_runtime");
        assertThat(told(lines, "documents")).startsWith("ok documents 65536 bytes");
        assertThat(told(lines, "redis")).startsWith("ok redis Redis ");
        assertThat(told(lines, "s3")).isEqualTo("ok s3 not used");
        assertThat(told(lines, "files")).contains("MB free");
        assertThat(told(lines, "more")).isEqualTo("ok more of the process itself");
        assertThat(told(lines, "settings")).contains("2 given");
        assertThat(database.ask("SELECT count(*) FROM pipeline_documents")).isEqualTo(0L);
        assertThat(database.ask("SELECT count(*) FROM pipeline_document_parts")).isEqualTo(0L);
    }

    @Test
    void durabilityThatWasTradedAwayIsAFailure() {
        var name = database.ask("SELECT current_database()");
        database.asOwner("ALTER DATABASE \"%s\" SET synchronous_commit = off".formatted(name));
        assertThat(told(examine(), "durability"))
                .startsWith("FAIL durability")
                .contains("synchronous_commit", "\nfix: ALTER SYSTEM");
        assertThat(exit).isEqualTo(1);
    }

    @Test
    void aPostgresThatIsAwayLeavesTheRestUnlookedAtAndShowsNoPassword() {
        environment.put("DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/app");
        var lines = examine();
        assertThat(exit).isEqualTo(1);
        assertThat(told(lines, "postgres"))
                .startsWith("FAIL postgres")
                .contains("127.0.0.1:1 refused", "\nfix: start Postgres, or mend DATABASE_URL")
                .doesNotContain("timed out");
        for (var check : List.of("durability", "clock", "schema", "rights", "documents")) {
            assertThat(told(lines, check)).startsWith("skip " + check);
        }
        assertThat(told(lines, "redis")).startsWith("ok");
        assertThat(String.join("\n", lines)).doesNotContain("s3cret");
    }

    @Test
    void aSchemaThatIsNotUpToDateIsAFailure() {
        database.asOwner("DELETE FROM flyway_schema_history WHERE script LIKE 'R__7%'");
        var lines = examine();
        assertThat(exit).isEqualTo(1);
        assertThat(told(lines, "schema")).startsWith("FAIL schema 1 scripts").contains("migrate");
        assertThat(told(lines, "documents")).startsWith("skip");
    }

    @Test
    void aUserWithoutRightsIsAFailureAndOneWithAllOfThemAWarning() {
        var user = "doctor_" + ProcessHandle.current().pid();
        database.asOwner(
                "CREATE ROLE %s LOGIN PASSWORD 'x'".formatted(user),
                "GRANT SELECT ON flyway_schema_history, pipeline_jobs TO " + user);
        try {
            environment.put("DATABASE_URL", database.environmentUrl().replaceFirst("//[^@]*@", "//" + user + ":x@"));
            assertThat(told(examine(), "rights"))
                    .startsWith("FAIL rights " + user)
                    .contains("GRANT jobtrail_runtime");
            assertThat(exit).isEqualTo(1);
            database.asOwner("GRANT ALL ON ALL TABLES IN SCHEMA public TO " + user);
            assertThat(told(examine(), "rights")).startsWith("warn rights").contains("triggers alone");
        } finally {
            database.asOwner("DROP OWNED BY " + user, "DROP ROLE " + user);
        }
    }

    @Test
    void aRedisThatMayThrowIdsAwayOrIsAwayIsTold(@TempDir Path directory) {
        try (var server = RedisServer.start(directory)) {
            environment.put("REDIS_URL", server.url());
            try (var redis = new Redis(server.url(), 1, Duration.ZERO)) {
                redis.call(jedis -> jedis.configSet("maxmemory", "100000000"));
                redis.call(jedis -> jedis.configSet("maxmemory-policy", "allkeys-lru"));
            }
            assertThat(told(examine(), "redis"))
                    .startsWith("warn redis")
                    .contains("allkeys-lru", "\nfix: set maxmemory-policy to noeviction");
            server.kill();
            assertThat(told(examine(), "redis")).startsWith("FAIL redis").contains("connection refused", "REDIS_URL");
            assertThat(exit).isEqualTo(1);
        }
        environment.remove("REDIS_URL");
        assertThat(told(examine(), "redis")).startsWith("ok redis not used");
    }

    @Test
    void anAdminKeyThatCanBeFoundIsWarnedOf() {
        environment.put("ADMIN_API_KEY", "fifteen letters");
        assertThat(String.join("\n", examine()))
                .contains("warn  settings    ADMIN_API_KEY has fewer than 16 characters", "fix: make one: openssl rand")
                .doesNotContain("fifteen");
        environment.put("ADMIN_API_KEY", "sixteen letters!");
        assertThat(String.join("\n", examine())).doesNotContain("warn  settings");
    }

    @Test
    void aBucketThatCannotBeUsedIsAFailure() {
        environment.put("S3_BUCKET", "papers");
        environment.put("S3_ENDPOINT", "http://127.0.0.1:1");
        S3Objects.useTestCredentials();
        assertThat(told(examine(), "s3")).startsWith("FAIL s3 bucket papers").contains("S3_ENDPOINT");
        assertThat(exit).isEqualTo(1);
    }

    @Test
    void everyWrongSettingIsAFailureOfItsOwn() {
        environment.put("PORT", "99999");
        environment.put("DATABASE_URL", "mysql://me:s3cret@x");
        var lines = examine();
        assertThat(exit).isEqualTo(1);
        assertThat(lines.stream().filter(line -> line.startsWith("FAIL  settings")))
                .hasSize(2);
        assertThat(String.join("\n", lines))
                .contains("PORT must be", "DATABASE_URL")
                .doesNotContain("s3cret");
    }

    @Test
    void aDirectoryThatTakesNoFilesIsAFailure(@TempDir Path directory) {
        assertThat(Doctor.temporaryFiles(directory).verdict()).isNotEqualTo(Finding.Verdict.FAILURE);
        assertThat(directory).isEmptyDirectory();
        assertThat(Doctor.temporaryFiles(directory.resolve("none")).verdict()).isEqualTo(Finding.Verdict.FAILURE);
    }
}
