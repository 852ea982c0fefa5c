package io.jobtrail.bench.speed.tally;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/**
 * A jar with the handler and nothing else, as somebody would put it into {@code HANDLERS_DIR}. Knows its classes by name only:
 * what they need is on the class path of the worker, not on this one.
 */
public final class HandlerJar {
    private static final String PACKAGE = "io.jobtrail.bench.speed.tally.";
    private static final List<String> CLASSES = List.of("SpeedHandler", "Payload", "Tally", "Tally$Entry");

    private HandlerJar() {}

    public static void write(Path file) {
        try (var jar = new JarOutputStream(Files.newOutputStream(file))) {
            for (var type : CLASSES) {
                var name = (PACKAGE + type).replace('.', '/') + ".class";
                try (var bytes =
                        Objects.requireNonNull(HandlerJar.class.getClassLoader().getResourceAsStream(name), name)) {
                    put(jar, name, bytes.readAllBytes());
                }
            }
            put(
                    jar,
                    "META-INF/services/io.jobtrail.handler.JobHandler",
                    (PACKAGE + "SpeedHandler").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void put(JarOutputStream jar, String name, byte[] bytes) throws IOException {
        jar.putNextEntry(new JarEntry(name));
        jar.write(bytes);
        jar.closeEntry();
    }
}
