package io.jobtrail.bench.storm.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A packaged program as a process of its own, with classes in front of its own; killed when it is closed. */
final class Launched implements AutoCloseable {
    static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();

    private static final Pattern LISTENING = Pattern.compile("listening on (http://\\S+)");

    private final Process process;
    private final Path log;

    private Launched(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    static Launched start(Program program, String name, Map<String, String> environment, Path... before)
            throws IOException {
        var classes = new ArrayList<>(List.of(before));
        // the handler and its ledger
        classes.add(Path.of("target", "test-classes").toAbsolutePath());
        classes.add(Path.of("target", "classes").toAbsolutePath());
        var log = Files.createDirectories(Path.of("target", "crash-points").toAbsolutePath())
                .resolve(name + ".log");
        var builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        program.classPath(CHECKOUT, classes.toArray(Path[]::new)),
                        program.main())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        return new Launched(builder.start(), log);
    }

    long pid() {
        return process.pid();
    }

    /** Of the API, once it listens. */
    String url() {
        return await().atMost(Duration.ofSeconds(60))
                .until(
                        () -> {
                            assertThat(process.isAlive()).describedAs(log()).isTrue();
                            var match = LISTENING.matcher(log());
                            return match.find() ? match.group(1) : null;
                        },
                        Objects::nonNull);
    }

    /** @param name such as {@code STOP} */
    void signal(String name) throws Exception {
        // the shell's own kill is there on every machine
        assertThat(new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid())
                        .start()
                        .waitFor())
                .isZero();
    }

    int exitCode(Duration patience) throws InterruptedException {
        assertThat(process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS))
                .describedAs(log())
                .isTrue();
        return process.exitValue();
    }

    private String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }
}
