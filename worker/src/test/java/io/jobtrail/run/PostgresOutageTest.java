package io.jobtrail.run;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.config.DatabaseUrl;
import io.jobtrail.job.JobIds;
import io.jobtrail.job.JobState;
import io.jobtrail.job.NewJob;
import io.jobtrail.job.QueueName;
import io.jobtrail.store.Database;
import io.jobtrail.store.JobReader;
import io.jobtrail.store.JobStore;
import io.jobtrail.store.Schema;
import io.jobtrail.testbed.PostgresServer;
import io.jobtrail.testbed.TcpProxy;
import io.jobtrail.testing.LogLines;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Postgres that goes away at the worst moments. */
class PostgresOutageTest {
    @TempDir
    private static Path directory;

    private static PostgresServer server;
    private static DatabaseUrl url;
    private static Database database;

    @BeforeAll
    static void start() {
        server = PostgresServer.start(directory.resolve("postgres"));
        server.createDatabase("jobs");
        url = DatabaseUrl.parse(server.url("jobs"));
        Schema.migrate(url);
        database = new Database(url, "test", 0, 4);
    }

    @AfterAll
    static void stop() {
        database.close();
        server.close();
    }

    private static UUID aJob() {
        var job = aJob(QueueName.DEFAULT);
        new JobStore(database).enqueue(job);
        return job.id();
    }

    private static NewJob aJob(QueueName queue) {
        return new NewJob(
                JobIds.next(),
                queue,
                "default",
                ScriptedHandler.NAME,
                Map.of(),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                "test");
    }

    private static void assertFinishedOnce(UUID id) {
        var reader = new JobReader(database);
        assertThat(reader.history(id)).extracting("newState").containsExactly("queued", "running", "finished");
        assertThat(reader.verifyTrail(id)).isEmpty();
    }

    @Test
    void anOutcomeIsRecordedOnceWhenPostgresIsBack() {
        var id = aJob();
        try (var rig = new RunnerRig(database, url, Duration.ofSeconds(1), RunnerRig.LONG);
                var log = LogLines.of(Heartbeats.class)) {
            var restart = new CompletableFuture<Void>();
            rig.handler.will((job, context) -> {
                server.stopImmediately();
                context.stage("hard times");
                restart.completeAsync(() -> {
                    // The heartbeat asks later than the recording does, so by now that has failed too.
                    await().atMost(Duration.ofSeconds(30))
                            .until(() -> log.lines().stream().anyMatch(line -> line.contains("not written")));
                    server.startAgain();
                    return null;
                });
                return "kept";
            });
            assertThat(rig.runner.run(id, "w1")).contains(JobState.FINISHED);
            restart.join();
        }
        assertFinishedOnce(id);
        assertThat(new JobReader(database).job(id).orElseThrow().result()).isEqualTo("\"kept\"");
    }

    @Test
    void anOutcomeThatCannotBeRecordedWithinTheLeaseIsLetGo() throws Exception {
        var id = aJob();
        var claim = new JobStore(database)
                .claim(id, "w1", List.of(ScriptedHandler.NAME))
                .orElseThrow();
        try (var proxy = TcpProxy.to(server.port())) {
            proxy.close();
            try (var nowhere =
                            new Database(throughProxy(proxy), "nowhere", 0, 1, RunnerRig.LONG, Duration.ofMillis(300));
                    var rig = new RunnerRig(nowhere, url, Duration.ofMillis(100), Duration.ofSeconds(1));
                    var log = LogLines.of(JobRunner.class)) {
                assertThat(rig.runner.run(claim)).isEmpty();
                assertThat(rig.handler.runs()).containsExactly(id);
                assertThat(log.lines())
                        .anyMatch(line ->
                                line.startsWith("ERROR job " + id) && line.contains("released for another attempt"));
            }
        }
        assertThat(new JobReader(database).job(id).orElseThrow().status()).isEqualTo(JobState.RUNNING);
    }

    @Test
    void anOutcomeWhoseAnswerGotLostIsNotTakenForALostClaim() throws Exception {
        var id = aJob();
        try (var proxy = TcpProxy.to(server.port());
                var through = new Database(throughProxy(proxy), "through", 0, 2);
                var rig = new RunnerRig(through, url, Duration.ofSeconds(1), RunnerRig.LONG);
                var log = LogLines.of(JobRunner.class)) {
            rig.handler.will((job, context) -> {
                proxy.cutAnswerTo("turn_jobs");
                return "kept";
            });
            assertThat(rig.runner.run(id, "w1")).contains(JobState.FINISHED);
            assertThat(log.lines()).noneMatch(line -> line.contains("claim is lost"));
        }
        assertFinishedOnce(id);
    }

    @Test
    void aNextJobWhoseClaimWasNotHeardOfIsTakenUp() throws Exception {
        var id = aJob();
        var next = aJob();
        try (var proxy = TcpProxy.to(server.port());
                var through = new Database(throughProxy(proxy), "through", 0, 2);
                var rig = new RunnerRig(through, url, Duration.ofSeconds(1), RunnerRig.LONG)) {
            rig.handler.will((job, context) -> "kept");
            var ids = new ArrayDeque<>(List.of(next));
            rig.runner.run(id, "w1", () -> {
                proxy.cutAnswerTo("turn_jobs");
                return Optional.ofNullable(ids.poll());
            });
            assertThat(rig.handler.runs()).containsExactly(id, next);
        }
        assertFinishedOnce(id);
        assertFinishedOnce(next);
    }

    @Test
    void aPostgresThatFallsSilentStopsTheAttemptBeforeTheLeaseIsOver() throws Exception {
        var id = aJob();
        try (var proxy = TcpProxy.to(server.port());
                var rig = new RunnerRig(database, throughProxy(proxy), Duration.ofMillis(100), Duration.ofSeconds(4))) {
            rig.handler.will((job, context) -> {
                context.stage("before the silence");
                await().until(() ->
                        new JobReader(database).job(id).orElseThrow().stage() != null);
                // Beats so often that no check of the connection comes between: one hangs in its statement.
                proxy.fallSilent();
                ScriptedHandler.forEver();
                return null;
            });
            var running = CompletableFuture.supplyAsync(() -> rig.runner.run(id, "w1"));
            assertThat(running.get(20, SECONDS))
                    .as("the statement itself hangs for a minute")
                    .contains(JobState.QUEUED);
        }
        assertGivenBack(id);
    }

    @Test
    void anOutageOfMostOfTheLeaseIsNoLostWorker() {
        var id = aJob();
        try (var rig = new RunnerRig(database, url, Duration.ofMillis(100), Duration.ofSeconds(8))) {
            rig.handler.will((job, context) -> {
                server.stopImmediately();
                try {
                    ScriptedHandler.forEver();
                } finally {
                    CompletableFuture.runAsync(server::startAgain);
                }
                return null;
            });
            assertThat(rig.runner.run(id, "w1")).contains(JobState.QUEUED);
        }
        assertGivenBack(id);
    }

    @Test
    void aRunThatWaitsForJobsOutlastsAnOutage() throws Exception {
        try (var rig = new RunnerRig(database, url, Duration.ofSeconds(1), RunnerRig.LONG);
                var log = LogLines.of(Drain.class)) {
            var drain = new Drain(rig.store, rig.runner, rig.heartbeats, rig.handlers, List.of(QueueName.SLOW), "w1");
            server.stopImmediately();
            var run = CompletableFuture.supplyAsync(() -> run(drain));
            await().until(() -> !log.lines().isEmpty() || run.isDone());
            server.startAgain();
            new JobStore(database).enqueue(aJob(QueueName.SLOW));
            assertThat(run.get(20, SECONDS)).isEqualTo(new Drain.Count(1, 1, 0));
        }
    }

    private static Drain.Count run(Drain drain) {
        try {
            return drain.run(1, 1, Duration.ofMillis(100));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void assertGivenBack(UUID id) {
        var reader = new JobReader(database);
        assertThat(reader.job(id).orElseThrow().attempt()).as("not charged").isZero();
        assertThat(reader.history(id)).extracting("newState").containsExactly("queued", "running", "queued");
        assertThat(reader.history(id).get(2).reason()).isEqualTo("LEASE_NOT_RENEWED");
        assertThat(database.first("SELECT workers_lost FROM pipeline_jobs WHERE id = ?", row -> row.getInt(1), id))
                .contains(0);
    }

    private static DatabaseUrl throughProxy(TcpProxy proxy) {
        var direct = URI.create(server.url("jobs"));
        return DatabaseUrl.parse(server.url("jobs").replace(":" + direct.getPort() + "/", ":" + proxy.port() + "/"));
    }
}
