package io.jobtrail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.config.Settings;
import io.jobtrail.job.JobState;
import io.jobtrail.testing.JobtrailDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker process that cannot go on. */
class WorkerProcessTest {
    @Test
    void aProcessWhoseThreadsAreUsedUpGivesItsJobsBackAndEnds(@TempDir Path directory) throws Exception {
        ScriptedJar.in(directory);
        try (var database = JobtrailDatabase.fresh()) {
            var settings = Settings.fromEnvironment(Map.of(
                    "DATABASE_URL",
                    database.environmentUrl(),
                    "HANDLERS_DIR",
                    directory.toString(),
                    "POLL_INTERVAL_SECONDS",
                    "1",
                    "WORKER_CONCURRENCY",
                    "2"));
            var file = directory.resolve("may-end");
            for (int i = 0; i < 3; i++) {
                database.aJob()
                        .handler("scripted")
                        .input(Map.of("do", "wait for file", "file", file.toString()))
                        .timeoutSec(1)
                        .insert();
            }
            var innocent = database.aJob()
                    .handler("scripted")
                    .input(Map.of("do", "wait"))
                    .insert();
            try (var stop = StopSignal.listen(Duration.ofSeconds(5));
                    var process = new WorkerProcess(settings, database.runtime(), Duration.ofMillis(100))) {
                var run = new FutureTask<>(() -> process.runUntil(stop));
                new Thread(run).start();
                await().atMost(Duration.ofSeconds(30))
                        .until(() ->
                                database.reader().job(innocent).orElseThrow().status() == JobState.RUNNING);
                await().until(() -> database.ask("""
                                SELECT jsonb_exists_all(metrics, '{finished,claims_lost,heap_bytes,lease_seconds,degraded}')
                                FROM pipeline_workers""").equals(true));
                assertThat(run.get(30, TimeUnit.SECONDS))
                        .as("went on until it was told to stop")
                        .isFalse();
            } finally {
                Files.createFile(file);
            }
            var job = database.assertThatJob(innocent)
                    .is(JobState.QUEUED)
                    .lastReasonIs("WORKER_SHUTDOWN")
                    .job();
            assertThat(job.attempt()).isZero();
        }
    }
}
