package io.jobtrail.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class TestServersTest {
    @TempDir
    Path directory;

    @Test
    void theServersOfAJvmAreShared() {
        assertThat(TestServers.postgres()).isSameAs(TestServers.postgres());
        assertThat(TestServers.redis()).isSameAs(TestServers.redis());
    }

    @Test
    void theEndOfTheJvmStopsTheServersAndDeletesTheirData() {
        ChildProcess jvm = startOther("ends");
        jvm.awaitExit(Duration.ofSeconds(60));

        assertThat(jvm.exitCode()).as(jvm.logTail(20)).isZero();
        assertThat(directory.resolve("jobtrail-" + Directories.userId() + "/tests"))
                .isEmptyDirectory();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theServersOfAKilledJvmEndWithIt() {
        ChildProcess jvm = startOther("waits");
        await().atMost(Duration.ofSeconds(60)).until(() -> jvm.logTail(5).contains("started") || !jvm.isAlive());
        List<ProcessHandle> servers = jvm.handle().descendants().toList();
        assertThat(servers).hasSizeGreaterThanOrEqualTo(2);

        jvm.handle().destroyForcibly();

        await().atMost(Duration.ofSeconds(20)).until(() -> servers.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    void whatAKilledJvmLeftIsClearedAway() throws IOException {
        ChildProcess orphan = ChildProcess.start("orphan", directory.resolve("log"), Map.of(), List.of("sleep", "600"));
        Path runs = directory.resolve("runs");
        try (ServerDirectory left = ServerDirectory.take(runs.resolve("run-1/redis"))) {
            left.remember(orphan.handle());
        }
        try (ServerDirectory inUse = ServerDirectory.take(runs.resolve("run-2/redis"))) {
            TestServers.clearStale(runs, Instant.now().minusSeconds(60));
            assertThat(orphan.isAlive()).isTrue();

            TestServers.clearStale(runs, Instant.now().plusSeconds(60));

            await().atMost(Duration.ofSeconds(20)).until(() -> !orphan.isAlive());
            assertThat(runs.resolve("run-1")).doesNotExist();
            assertThat(inUse.path()).exists();
        }
    }

    @Test
    void aProcessThatOnlyHasTheOldIdIsLeftAlone() throws IOException {
        ChildProcess other = ChildProcess.start("other", directory.resolve("log"), Map.of(), List.of("sleep", "600"));
        Path server = directory.resolve("runs/run-1/redis");
        try (ServerDirectory left = ServerDirectory.take(server)) {
            left.remember(other.handle());
            Files.writeString(server.resolve("server"), other.handle().pid() + " 2020-01-01T00:00:00Z");
        }

        TestServers.clearStale(directory.resolve("runs"), Instant.now().plusSeconds(60));

        assertThat(server).doesNotExist();
        assertThat(other.isAlive()).isTrue();
        other.kill();
    }

    private ChildProcess startOther(String what) {
        return ChildProcess.start(
                "other",
                directory.resolve("other.log"),
                Map.of(),
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-Djava.io.tmpdir=" + directory,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Other.class.getName(),
                        what));
    }

    /** Another test JVM. */
    public static final class Other {
        private Other() {}

        public static void main(String[] arguments) throws InterruptedException {
            TestServers.postgres();
            TestServers.redis();
            System.out.println("started");
            if (arguments[0].equals("waits")) {
                new CountDownLatch(1).await();
            }
        }
    }
}
