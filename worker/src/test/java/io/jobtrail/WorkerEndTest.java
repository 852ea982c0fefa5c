package io.jobtrail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.job.JobState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker process that is stopped, killed, frozen or ended by a handler: its exit code, and what becomes of its jobs. */
class WorkerEndTest {
    @TempDir
    private static Path directory;

    @AutoClose
    private final WorkerProcesses workers = new WorkerProcesses(directory);

    @Test
    void aKilledWorkersJobIsShownAndReleasedOnceItIsStale() throws Exception {
        var id = workers.aJob("wait").insert();
        var worker = workers.start("--limit", "1");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> "waiting"
                        .equals(workers.database.reader().job(id).orElseThrow().stage()));

        var show = workers.start("--show-running");
        assertThat(workers.exitOf(show)).isZero();
        assertThat(workers.output(show))
                .containsPattern(
                        "(?m)^" + id + ": stage=waiting progress=50% running=\\d+s heartbeat_age=\\d+s worker=\\S+:"
                                + worker.pid() + ":[0-9a-f]{4}$");

        worker.destroyForcibly().waitFor();
        workers.database.assertThatJob(id).is(JobState.RUNNING);
        await().until(() -> workers.database.reader().running().get(0).heartbeatAgeSeconds() > 2);
        var release = workers.start("--release-stale");
        assertThat(workers.exitOf(release)).isZero();
        assertThat(workers.output(release)).endsWith("Released 1 stale jobs\n");
        workers.database.assertThatJob(id).isRetrying("HEARTBEAT_TIMEOUT");
    }

    @Test
    void aTerminatedWorkerEndsWithZeroAndGivesItsJobBack() throws Exception {
        var worker = workers.start();
        var done = workers.aJob("work").insert();
        workers.awaitState(done, JobState.FINISHED);
        var id = workers.aJob("wait").insert();
        workers.awaitState(id, JobState.RUNNING);

        worker.destroy();

        assertThat(workers.exitOf(worker)).as(workers.output(worker)).isZero();
        var job = workers.database
                .assertThatJob(id)
                .is(JobState.QUEUED)
                .lastReasonIs("WORKER_SHUTDOWN")
                .job();
        assertThat(job.attempt()).isZero();
        assertThat(workers.database
                        .runtime()
                        .list("SELECT stopped_at = last_beat_at FROM pipeline_workers", row -> row.getBoolean(1)))
                .containsExactly(true);
    }

    @Test
    void aTerminatedBoundedRunEndsWithZeroAndGivesItsJobBack() throws Exception {
        var stale = workers.aJob("work").claimedBy("gone").id();
        workers.database.asOwner(
                "UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour' WHERE id = '" + stale + "'");
        var id = workers.aJob("wait").insert();
        var worker = workers.start("--limit", "5");
        workers.awaitState(id, JobState.RUNNING);
        var staleLater = workers.aJob("work").claimedBy("gone later").id();
        workers.database.asOwner("UPDATE pipeline_jobs SET last_heartbeat_at = now() - interval '1 hour' WHERE id = '"
                + staleLater + "'");
        workers.awaitState(staleLater, JobState.RETRYING);
        assertThat(workers.database
                        .assertThatJob(stale)
                        .hasHistory("queued", "running", "retrying")
                        .job()
                        .errorCode())
                .isEqualTo("HEARTBEAT_TIMEOUT");

        worker.destroy();

        assertThat(workers.exitOf(worker)).as(workers.output(worker)).isZero();
        assertThat(workers.output(worker)).contains("Jobs processed: 0\nsucceeded: 0\nfailed: 0\n");
        var job = workers.database
                .assertThatJob(id)
                .is(JobState.QUEUED)
                .lastReasonIs("WORKER_SHUTDOWN")
                .job();
        assertThat(job.attempt()).isZero();
    }

    /** Like a crash, or a job that does this would be given back uncharged and end one worker after the other. */
    @Test
    void aHandlerThatEndsTheProcessCostsItsWorkerAndIsChargedForIt() throws Exception {
        var worker = workers.start();
        var id = workers.aJob("exit").insert();
        assertThat(workers.exitOf(worker)).isEqualTo(3);
        workers.database.assertThatJob(id).is(JobState.RUNNING);
        assertThat(workers.output(worker)).contains("a handler has ended this process");
        await().until(() -> workers.database.reader().running().get(0).heartbeatAgeSeconds() > 2);
        assertThat(workers.exitOf(workers.start("--release-stale"))).isZero();
        assertThat(workers.database
                        .assertThatJob(id)
                        .isRetrying("HEARTBEAT_TIMEOUT")
                        .job()
                        .attempt())
                .isEqualTo(1);
    }

    @Test
    void aWorkerThatWasFrozenForLongCannotOverwriteTheAttemptThatReplacedIts() throws Exception {
        var file = directory.resolve("may-end");
        var id = workers.database
                .aJob()
                .handler("scripted")
                .input(Map.of("do", "wait for file", "file", file.toString()))
                .insert();
        var frozen = workers.start();
        workers.awaitState(id, JobState.RUNNING);
        signal("STOP", frozen);
        await().until(() -> workers.database.reader().running().get(0).heartbeatAgeSeconds() > 4);

        Files.createFile(file);
        assertThat(workers.exitOf(workers.start("--release-stale"))).isZero();
        workers.database.assertThatJob(id).isRetrying("HEARTBEAT_TIMEOUT");
        assertThat(workers.exitOf(workers.start("--limit", "1"))).isZero();
        workers.database.assertThatJob(id).isFinished();

        signal("CONT", frozen);
        workers.awaitOutput(frozen, "job " + id + " attempt 1 ended as Finished, but the claim is lost");
        var job = workers.database
                .assertThatJob(id)
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
        var worker = workers.start();
        workers.awaitOutput(worker, " runs 1 jobs at once");
        worker.destroy();
        assertThat(workers.exitOf(worker)).isZero();
    }
}
