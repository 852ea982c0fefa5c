package io.jobtrail.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobtrail.client.JobtrailClient;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs the whole program over a checkout whose API and worker jars are stubs. */
class DevStackTest {
    private static final Map<String, String> GIVEN_SERVERS =
            Map.of("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL", "redis://127.0.0.1:1");

    private static final Map<String, String> OWN_SERVERS = Map.of("DATABASE_URL", "", "REDIS_URL", "");

    @TempDir
    Path home;

    private final int port = Ports.free();
    private ChildProcess program;

    @BeforeEach
    void layOutTheCheckout() throws IOException {
        writeJar(home.resolve("api/target/api.jar"), StubApi.class);
        writeJar(home.resolve("worker/target/worker.jar"), StubWorker.class);
        Files.createDirectories(home.resolve("docker"));
        Files.copy(Path.of("..", "docker", "java.options"), home.resolve("docker/java.options"));
        Files.createDirectories(home.resolve("samples"));
        Files.writeString(home.resolve("samples/letter.txt"), "A letter.");
        Files.writeString(home.resolve("samples/README.md"), "Not a sample.");
    }

    @AfterEach
    void endTheProgram() {
        if (program != null) {
            program.stop(Duration.ofSeconds(30));
        }
    }

    @Test
    void theDemoRunsTheSamplesAndExitsWithZero() {
        run(GIVEN_SERVERS, "demo", "--port", "" + port);

        assertThat(exitCode()).as(output()).isZero();
        assertThat(output()).contains("letter.txt").contains("trail verified").doesNotContain("README.md");
        assertThat(Ports.isFree(port)).isTrue();
    }

    @Test
    void theDemoExitsWithOneWhenAJobFails() throws IOException {
        Path broken = Files.writeString(home.resolve("broken.txt"), "Nothing.");
        run(GIVEN_SERVERS, "demo", "--port", "" + port, broken.toString());

        assertThat(exitCode()).isEqualTo(1);
    }

    @Test
    void ctrlCStopsTheWorkersBeforeTheApiAndThenTheServers() throws IOException, InterruptedException {
        run(OWN_SERVERS, "--port", "" + port);
        awaitOutput("Ctrl-C stops everything");
        assertThat(output())
                .contains("Dashboard  http://127.0.0.1:" + port + "/")
                .contains("curl -s -H 'X-Realm: demo' -F 'file=@" + home.resolve("samples/letter.txt"));
        List<ProcessHandle> children = program.handle().descendants().toList();
        assertThat(children).hasSizeGreaterThanOrEqualTo(6);
        Stack.QUEUES.forEach(queue -> awaitLog("worker-" + queue + ".log", "--queues " + queue));

        pressCtrlC();
        assertThat(program.awaitExit(Duration.ofSeconds(90))).isTrue();

        assertThat(children).noneMatch(ProcessHandle::isAlive);
        for (String queue : Stack.QUEUES) {
            assertThat(log("worker-" + queue + ".log")).contains("the api was alive: true");
        }
        assertThat(output()).doesNotContain("ended with exit code");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void killingItLeavesNothingBehindAndTheNextStartWorks() {
        run(OWN_SERVERS, "--port", "" + port, "--no-workers");
        awaitOutput("Ctrl-C stops everything");
        List<ProcessHandle> children = program.handle().descendants().toList();

        program.handle().destroyForcibly();

        await().atMost(Duration.ofSeconds(20)).until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
        run(OWN_SERVERS, "--port", "" + port, "--no-workers");
        awaitOutput("Ctrl-C stops everything");
    }

    @Test
    void aSecondOneInTheSameCheckoutIsRefused() {
        run(GIVEN_SERVERS, "--port", "" + port, "--no-workers");
        awaitOutput("Ctrl-C stops everything");
        ChildProcess first = program;
        run(GIVEN_SERVERS, "--port", "" + Ports.free(), "--no-workers");

        assertThat(exitCode()).isEqualTo(1);
        assertThat(output()).contains("in use by another program");
        first.stop(Duration.ofSeconds(30));
    }

    @Test
    void anApiThatDiesIsReportedWithItsExitCodeAndLastWords() {
        run(with(GIVEN_SERVERS, "STUB_API", "dies"), "--port", "" + port);

        assertThat(exitCode()).isEqualTo(1);
        assertThat(output()).contains("the API ended with exit code 3", "the stub's last words");
    }

    @Test
    void aWorkerThatDiesIsReportedWhileTheRestGoesOn() {
        run(with(GIVEN_SERVERS, "STUB_WORKER_DIES", "slow"), "--port", "" + port);

        awaitOutput("worker-slow ended with exit code 4");
        assertThat(output()).contains("the worker's last words");
        assertThat(program.isAlive()).isTrue();
        assertThat(JobtrailClient.at("http://127.0.0.1:" + port).isReady()).isTrue();
    }

    @Test
    void aTakenPortIsReplacedAndNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            run(with(GIVEN_SERVERS, "PORT", "" + taken.getLocalPort()), "--no-workers");
            awaitOutput("Ctrl-C stops everything");
            assertThat(output()).contains("Port " + port + " is taken; using ");
        }
    }

    @Test
    void settingsComeFromDotEnvUnlessTheEnvironmentHasThem() throws IOException {
        Files.writeString(
                home.resolve(".env"), "DATABASE_URL='postgresql://from.env/db'\nREDIS_URL=redis://x\nPORT=1\n");
        run(Map.of("PORT", "" + port), "--no-workers");
        awaitOutput("Ctrl-C stops everything");

        assertThat(output()).contains("127.0.0.1:" + port);
        assertThat(log("api.log")).contains("DATABASE_URL=postgresql://from.env/db");
    }

    @Test
    void anUnknownOptionIsAnsweredWithTwo() {
        run(GIVEN_SERVERS, "--prot", "9000");

        assertThat(exitCode()).isEqualTo(2);
        assertThat(output()).contains("unknown option --prot");
    }

    private void run(Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "env",
                "--chdir=" + home,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Djobtrail.home=" + home,
                "-cp",
                System.getProperty("java.class.path"),
                DevStack.class.getName()));
        command.addAll(List.of(arguments));
        Path log = home.resolve("output-" + Ports.free() + ".log");
        program = ChildProcess.start("run_dev", log, environment, Isolation.inOwnSession(command));
    }

    /** The terminal sends the signal to all processes of the program's group, not to the program alone. */
    private void pressCtrlC() throws IOException, InterruptedException {
        new ProcessBuilder("sh", "-c", "kill -INT -" + program.handle().pid())
                .start()
                .waitFor();
    }

    private int exitCode() {
        assertThat(program.awaitExit(Duration.ofSeconds(60))).as(output()).isTrue();
        return program.exitCode();
    }

    private void awaitOutput(String text) {
        await().atMost(Duration.ofSeconds(60)).until(() -> output().contains(text) || !program.isAlive());
        assertThat(output()).contains(text);
    }

    private void awaitLog(String name, String text) {
        await().atMost(Duration.ofSeconds(30)).until(() -> log(name).contains(text));
    }

    private String output() {
        return program.logTail(1_000);
    }

    private String log(String name) throws IOException {
        return Files.readString(home.resolve(".dev/logs").resolve(name));
    }

    private static Map<String, String> with(Map<String, String> settings, String name, String value) {
        Map<String, String> all = new HashMap<>(settings);
        all.put(name, value);
        return all;
    }

    /** A jar with nothing in it but the way to a class of this test run. */
    private static void writeJar(Path jar, Class<?> main) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, main.getName());
        String classPath = Stream.of(System.getProperty("java.class.path").split(":"))
                .map(entry -> Path.of(entry).toUri().toString())
                .collect(Collectors.joining(" "));
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
        Files.createDirectories(jar.getParent());
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest)) {
            out.finish();
        }
    }
}
