package io.jobtrail;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The worker as people start it: what its options do and say, and the code that it ends with. */
class WorkerMainTest {
    @TempDir
    private static Path directory;

    @AutoClose
    private final WorkerProcesses workers = new WorkerProcesses(directory);

    @Test
    void configNamesTheOptionThatAValueWasGivenBy() throws Exception {
        var config = workers.start("--queues", "slow", "--poll-interval", "3s", "config");
        assertThat(workers.exitOf(config)).isZero();
        assertThat(workers.output(config))
                .containsPattern("WORKER_QUEUES +slow +--queues")
                .containsPattern("POLL_INTERVAL_SECONDS +3 +--poll-interval")
                .containsPattern("LEASE_SECONDS +2 +environment")
                .containsPattern("MAX_ATTEMPTS +5 +default");
        var wrong = workers.start("--queues", "fast", "config");
        assertThat(workers.exitOf(wrong)).isEqualTo(2);
        assertThat(workers.output(wrong)).contains("--queues (WORKER_QUEUES) must list queues");
    }

    @Test
    void doctorLooksAtTheHandlersToo() throws Exception {
        var doctor = workers.start("doctor");
        assertThat(workers.exitOf(doctor)).as(workers.output(doctor)).isZero();
        assertThat(workers.output(doctor)).contains("ok    postgres", "ok    handlers", "scripted");
        var wrong = workers.start(Map.of("DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/app"), "doctor");
        assertThat(workers.exitOf(wrong)).isEqualTo(1);
        assertThat(workers.output(wrong)).contains("FAIL  postgres").doesNotContain("s3cret");
    }

    @Test
    void helpAndWrongOptionsNeedNoDatabase() throws Exception {
        var help = workers.start(Map.of(), "--help");
        var wrong = workers.start(Map.of(), "--no-such-option");
        var version = workers.start(Map.of(), "--version");
        assertThat(workers.exitOf(version)).isZero();
        assertThat(workers.output(version)).as("run from class files").isEqualTo("jobtrail worker dev\n");
        assertThat(workers.exitOf(help)).isZero();
        assertThat(workers.output(help))
                .contains(
                        "--queues",
                        "--concurrency",
                        "--once",
                        "--limit",
                        "--poll-interval",
                        "--release-stale",
                        "--show-running",
                        "--verify-trail",
                        "--job");
        assertThat(workers.exitOf(wrong)).isEqualTo(2);
        assertThat(workers.output(wrong)).contains("--no-such-option", "Usage");
    }

    @Test
    void allWrongSettingsAreNamedAtOnce() throws Exception {
        var process = workers.start(Map.of("WORKER_QUEUES", "nice", "LEASE_SECONDS", "soon"), "--concurrency", "many");
        assertThat(workers.exitOf(process)).isEqualTo(2);
        assertThat(workers.output(process))
                .contains("DATABASE_URL is not set", "WORKER_QUEUES", "LEASE_SECONDS", "WORKER_CONCURRENCY")
                .doesNotContain("\tat ");
    }

    @ParameterizedTest
    @CsvSource({
        "--concurrency,0",
        "--concurrency,many",
        "--poll-interval,2m",
        "--poll-interval,0",
        "--queues,nice",
        "--limit,0",
        "--limit,-1",
        "--limit,few",
        "--job,7"
    })
    void aWrongValueIsNamedWithItsOption(String option, String value) throws Exception {
        var process = workers.start(Map.of("DATABASE_URL", workers.database.environmentUrl()), option, value, "--once");
        assertThat(workers.exitOf(process)).isEqualTo(2);
        assertThat(workers.output(process).lines().findFirst().orElseThrow()).contains(option, value);
        assertThat(workers.output(process)).doesNotContain("\tat ");
        assertThat(workers.database.ask("SELECT count(*) FROM pipeline_workers"))
                .isEqualTo(0L);
    }

    @Test
    void aBoundedRunCountsWhatItDid() throws Exception {
        workers.aJob("work").insert();
        workers.aJob("fail").insert();
        var once = workers.start("--once");
        assertThat(workers.exitOf(once)).isZero();
        assertThat(workers.output(once)).endsWith("Jobs processed: 2\nsucceeded: 1\nfailed: 1\n");

        for (int i = 0; i < 3; i++) {
            workers.aJob("work").insert();
        }
        var limited = workers.start("--limit", "2", "--queues", "default", "--poll-interval", "1s");
        assertThat(workers.exitOf(limited)).isZero();
        assertThat(workers.output(limited)).endsWith("Jobs processed: 2\nsucceeded: 2\nfailed: 0\n");
        assertThat(workers.database.reader().handlers()).contains("scripted", "process_document");
    }

    @Test
    void theTrailIsVerifiedWithAnExitCode() throws Exception {
        var sound = workers.aJob("work").claimedBy("w1").id();
        var other = workers.aJob("work").claimedBy("w1").id();
        assertThat(workers.exitOf(workers.start("--verify-trail"))).isZero();

        workers.database.asOwner(
                "ALTER TABLE pipeline_job_events DISABLE TRIGGER pipeline_job_events_append_only",
                "UPDATE pipeline_job_events SET actor = 'nobody' WHERE seq = 1 AND job_id = '" + other + "'",
                "ALTER TABLE pipeline_job_events ENABLE TRIGGER pipeline_job_events_append_only");
        var all = workers.start("--verify-trail");
        var one = workers.start("--verify-trail", "--job", sound.toString());
        assertThat(workers.exitOf(all)).isEqualTo(1);
        assertThat(workers.output(all)).contains("job " + other + " event 1: the hash does not fit");
        assertThat(workers.exitOf(one)).isZero();
        assertThat(workers.output(one)).endsWith("trail verified\n");

        var unknown = UUID.randomUUID();
        var none = workers.start("--verify-trail", "--job", unknown.toString());
        assertThat(workers.exitOf(none)).isEqualTo(3);
        assertThat(workers.output(none)).endsWith("no such job: " + unknown + "\n");

        workers.database.asOwner("DROP FUNCTION verify_trail");
        assertThat(workers.exitOf(workers.start("--verify-trail")))
                .as("looking brings no schema")
                .isEqualTo(3);
    }
}
