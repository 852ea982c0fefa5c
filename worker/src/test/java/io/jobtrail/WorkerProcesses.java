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

/** Workers as people start them: processes with options, an exit code and signals, over a database of their own. */
final class WorkerProcesses implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    final JobtrailDatabase database = JobtrailDatabase.fresh();

    private final Path directory;
    private final Map<Process, Path> outputs = new HashMap<>();

    /** @param directory in which they run; gets the scripted handler */
    WorkerProcesses(Path directory) {
        this.directory = directory;
        ScriptedJar.in(directory.resolve("handlers"));
    }

    JobFactory aJob(String what) {
        return database.aJob().handler("scripted").input(Map.of("do", what));
    }

    /** With nothing set but this. */
    Process start(Map<String, String> environment, String... options) throws IOException {
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

    /** With short times, one job at a time. */
    Process start(String... options) throws IOException {
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

    String output(Process process) throws IOException {
        return Files.readString(outputs.get(process));
    }

    int exitOf(Process process) throws InterruptedException, IOException {
        assertThat(process.waitFor(60, SECONDS)).as(output(process)).isTrue();
        return process.exitValue();
    }

    void awaitState(UUID id, JobState state) {
        await().atMost(PATIENCE)
                .until(() -> database.reader().job(id).orElseThrow().status() == state);
    }

    void awaitOutput(Process process, String words) {
        await().atMost(PATIENCE).until(() -> output(process).contains(words));
    }

    @Override
    public void close() throws InterruptedException {
        for (var process : outputs.keySet()) {
            process.destroyForcibly().waitFor();
        }
        database.close();
    }
}
