package io.jobtrail;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.JobState;
import io.jobtrail.testing.JobFactory;
import io.jobtrail.testing.JobtrailDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The worker as people start it: a process with options, an exit code, and signals. */
class WorkerMainTest {
    @TempDir
    private static Path directory;

    private JobtrailDatabase database;
    private final Map<Process, Path> outputs = new HashMap<>();

    @BeforeAll
    static void bringTheHandler() throws IOException {
        ScriptedJar.in(directory.resolve("handlers"));
    }

    @BeforeEach
    void build() {
        database = JobtrailDatabase.fresh();
    }

    @AfterEach
    void end() throws InterruptedException {
        for (var process : outputs.keySet()) {
            process.destroyForcibly().waitFor();
        }
        database.close();
    }

    private JobFactory aJob(String what) {
        return database.aJob().handler("scripted").input(Map.of("do", what));
    }

    private Process start(Map<String, String> environment, String... options) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                WorkerMain.class.getName()));
        command.addAll(List.of(options));
        var builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(Files.createTempFile(directory, "out", ".txt").toFile());
        builder.environment().keySet().removeIf(name -> !name.equals("PATH") && !name.equals("HOME"));
        builder.environment().putAll(environment);
        var process = builder.start();
        outputs.put(process, builder.redirectOutput().file().toPath());
        return process;
    }

    private Process start(String... options) throws IOException {
        return start(
                Map.of(
                        "DATABASE_URL", database.environmentUrl(),
                        "HANDLERS_DIR", "handlers",
                        "LEASE_SECONDS", "2",
                        "HEARTBEAT_SECONDS", "1",
                        "SHUTDOWN_SECONDS", "2",
                        "POLL_INTERVAL_SECONDS", "1",
                        "WORKER_CONCURRENCY", "1"),
                options);
    }

    private String output(Process process) throws IOException {
        return Files.readString(outputs.get(process));
    }

    private int exitOf(Process process) throws InterruptedException, IOException {
        assertThat(process.waitFor(60, SECONDS)).as(output(process)).isTrue();
        return process.exitValue();
    }

    private void awaitState(UUID id, JobState state) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> database.reader().job(id).orElseThrow().status() == state);
    }

    @Test
    void configNamesTheOptionThatAValueWasGivenBy() throws Exception {
        var config = start("--queues", "slow", "--poll-interval", "3s", "config");
        assertThat(exitOf(config)).isZero();
        assertThat(output(config))
                .containsPattern("WORKER_QUEUES +slow +--queues")
                .containsPattern("POLL_INTERVAL_SECONDS +3 +--poll-interval")
                .containsPattern("LEASE_SECONDS +2 +environment")
                .containsPattern("MAX_ATTEMPTS +5 +default");
        var wrong = start("--queues", "fast", "config");
        assertThat(exitOf(wrong)).isEqualTo(2);
        assertThat(output(wrong)).contains("--queues (WORKER_QUEUES) must list queues");
    }

    @Test
    void doctorLooksAtTheHandlersToo() throws Exception {
        var doctor = start("doctor");
        assertThat(exitOf(doctor)).as(output(doctor)).isZero();
        assertThat(output(doctor)).contains("ok    postgres", "ok    handlers", "scripted");
        var wrong = start(Map.of("DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/app"), "doctor");
        assertThat(exitOf(wrong)).isEqualTo(1);
        assertThat(output(wrong)).contains("FAIL  postgres").doesNotContain("s3cret");
    }

    @Test
    void helpAndWrongOptionsNeedNoDatabase() throws Exception {
        var help = start(Map.of(), "--help");
        var wrong = start(Map.of(), "--no-such-option");
        var version = start(Map.of(), "--version");
        assertThat(exitOf(version)).isZero();
        assertThat(output(version)).as("run from class files").isEqualTo("jobtrail worker dev\n");
        assertThat(exitOf(help)).isZero();
        assertThat(output(help))
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
        assertThat(exitOf(wrong)).isEqualTo(2);
        assertThat(output(wrong)).contains("--no-such-option", "Usage");
    }

    @Test
    void allWrongSettingsAreNamedAtOnce() throws Exception {
        var process = start(Map.of("WORKER_QUEUES", "nice", "LEASE_SECONDS", "soon"), "--concurrency", "many");
        assertThat(exitOf(process)).isEqualTo(2);
        assertThat(output(process))
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
        var process = start(Map.of("DATABASE_URL", database.environmentUrl()), option, value, "--once");
        assertThat(exitOf(process)).isEqualTo(2);
        assertThat(output(process).lines().findFirst().orElseThrow()).contains(option, value);
        assertThat(output(process)).doesNotContain("\tat ");
        assertThat(database.ask("SELECT count(*) FROM pipeline_workers")).isEqualTo(0L);
    }

    @Test
    void aBoundedRunCountsWhatItDid() throws Exception {
        aJob("work").insert();
        aJob("fail").insert();
        var once = start("--once");
        assertThat(exitOf(once)).isZero();
        assertThat(output(once)).endsWith("Jobs processed: 2\nsucceeded: 1\nfailed: 1\n");

        for (int i = 0; i < 3; i++) {
            aJob("work").insert();
        }
        var limited = start("--limit", "2", "--queues", "default", "--poll-interval", "1s");
        assertThat(exitOf(limited)).isZero();
        assertThat(output(limited)).endsWith("Jobs processed: 2\nsucceeded: 2\nfailed: 0\n");
        assertThat(database.reader().handlers()).contains("scripted", "process_document");
    }

    @Test
    void aKilledWorkersJobIsShownAndReleasedOnceItIsStale() throws Exception {
        var id = aJob("wait").insert();
        var worker = start("--limit", "1");
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        "waiting".equals(database.reader().job(id).orElseThrow().stage()));

        var show = start("--show-running");
        assertThat(exitOf(show)).isZero();
        assertThat(output(show))
                .containsPattern(
                        "(?m)^" + id + ": stage=waiting progress=50% running=\\d+s heartbeat_age=\\d+s worker=\\S+:"
                                + worker.pid() + ":[0-9a-f]{4}$");

        worker.destroyForcibly().waitFor();
        database.assertThatJob(id).is(JobState.RUNNING);
        await().until(() -> database.reader().running().get(0).heartbeatAgeSeconds() > 2);
        var release = start("--release-stale");
        assertThat(exitOf(release)).isZero();
        assertThat(output(release)).endsWith("Released 1 stale jobs\n");
        database.assertThatJob(id).isRetrying("HEARTBEAT_TIMEOUT");
    }

    @Test
    void theTrailIsVerifiedWithAnExitCode() throws Exception {
        var sound = aJob("work").claimedBy("w1").id();
        var other = aJob("work").claimedBy("w1").id();
        assertThat(exitOf(start("--verify-trail"))).isZero();

        database.asOwner(
                "ALTER TABLE pipeline_job_events DISABLE TRIGGER pipeline_job_events_append_only",
                "UPDATE pipeline_job_events SET actor = 'nobody' WHERE seq = 1 AND job_id = '" + other + "'",
                "ALTER TABLE pipeline_job_events ENABLE TRIGGER pipeline_job_events_append_only");
        var all = start("--verify-trail");
        var one = start("--verify-trail", "--job", sound.toString());
        assertThat(exitOf(all)).isEqualTo(1);
        assertThat(output(all)).contains("job " + other + " event 1: the hash does not fit");
        assertThat(exitOf(one)).isZero();
        assertThat(output(one)).endsWith("trail verified\n");

        var unknown = UUID.randomUUID();
        var none = start("--verify-trail", "--job", unknown.toString());
        assertThat(exitOf(none)).isEqualTo(3);
        assertThat(output(none)).endsWith("no such job: " + unknown + "\n");

        database.asOwner("DROP FUNCTION verify_trail");
        assertThat(exitOf(start("--verify-trail")))
                .as("looking brings no schema")
                .isEqualTo(3);
    }

    @Test
    void aTerminatedWorkerEndsWithZeroAndGivesItsJobBack() throws Exception {
        var worker = start();
        var done = aJob("work").insert();
        awaitState(done, JobState.FINISHED);
        var id = aJob("wait").insert();
        awaitState(id, JobState.RUNNING);

        worker.destroy();

        assertThat(exitOf(worker)).as(output(worker)).isZero();
        var job = database.assertThatJob(id)
                .is(JobState.QUEUED)
                .lastReasonIs("WORKER_SHUTDOWN")
                .job();
        assertThat(job.attempt()).isZero();
        assertThat(database.runtime()
                        .list("SELECT stopped_at IS NOT NULL FROM pipeline_workers", row -> row.getBoolean(1)))
                .containsExactly(true);
    }

    @Test
    void aTerminatedBoundedRunEndsWithZeroAndGivesItsJobBack() throws Exception {
        var stale = aJob("work").claimedBy("gone").id();
        database.asOwner(
                "UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour' WHERE id = '" + stale + "'");
        var id = aJob("wait").insert();
        var worker = start("--limit", "5");
        awaitState(id, JobState.RUNNING);
        var staleLater = aJob("work").claimedBy("gone later").id();
        database.asOwner("UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour' WHERE id = '"
                + staleLater + "'");
        awaitState(staleLater, JobState.RETRYING);
        assertThat(database.assertThatJob(stale)
                        .hasHistory("queued", "running", "retrying")
                        .job()
                        .errorCode())
                .isEqualTo("HEARTBEAT_TIMEOUT");

        worker.destroy();

        assertThat(exitOf(worker)).as(output(worker)).isZero();
        assertThat(output(worker)).contains("Jobs processed: 0\nsucceeded: 0\nfailed: 0\n");
        var job = database.assertThatJob(id)
                .is(JobState.QUEUED)
                .lastReasonIs("WORKER_SHUTDOWN")
                .job();
        assertThat(job.attempt()).isZero();
    }

    /** Like a crash, or a job that does this would be given back uncharged and end one worker after the other. */
    @Test
    void aHandlerThatEndsTheProcessCostsItsWorkerAndIsChargedForIt() throws Exception {
        var worker = start();
        var id = aJob("exit").insert();
        assertThat(exitOf(worker)).isEqualTo(3);
        database.assertThatJob(id).is(JobState.RUNNING);
        assertThat(output(worker)).contains("a handler has ended this process");
        await().until(() -> database.reader().running().get(0).heartbeatAgeSeconds() > 2);
        assertThat(exitOf(start("--release-stale"))).isZero();
        assertThat(database.assertThatJob(id)
                        .isRetrying("HEARTBEAT_TIMEOUT")
                        .job()
                        .attempt())
                .isEqualTo(1);
    }

    @Test
    void aWorkerThatWasFrozenForLongCannotOverwriteTheAttemptThatReplacedIts() throws Exception {
        var file = directory.resolve("may-end");
        var id = database.aJob()
                .handler("scripted")
                .input(Map.of("do", "wait for file", "file", file.toString()))
                .insert();
        var frozen = start();
        awaitState(id, JobState.RUNNING);
        signal("STOP", frozen);
        await().until(() -> database.reader().running().get(0).heartbeatAgeSeconds() > 4);

        Files.createFile(file);
        assertThat(exitOf(start("--release-stale"))).isZero();
        database.assertThatJob(id).isRetrying("HEARTBEAT_TIMEOUT");
        assertThat(exitOf(start("--limit", "1"))).isZero();
        database.assertThatJob(id).isFinished();

        signal("CONT", frozen);
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        output(frozen).contains("job " + id + " attempt 1 ended as Finished, but the claim is lost"));
        var job = database.assertThatJob(id)
                .isFinished()
                .hasHistory("queued", "running", "retrying", "running", "finished")
                .job();
        assertThat(job.result()).contains("\"attempt\": 2");
    }

    private static void signal(String name, Process process) throws Exception {
        new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                .start()
                .waitFor();
    }

    @Test
    void anIdleWorkerEndsWithZero() throws Exception {
        var worker = start();
        await().atMost(Duration.ofSeconds(30)).until(() -> output(worker).contains(" runs 1 jobs at once"));
        worker.destroy();
        assertThat(exitOf(worker)).isZero();
    }
}
