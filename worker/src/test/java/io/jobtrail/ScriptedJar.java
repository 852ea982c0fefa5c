package io.jobtrail;

import io.jobtrail.run.ScriptedHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/** A jar that brings the scripted handler, whose class stands on the class path already. */
final class ScriptedJar {
    private ScriptedJar() {}

    static void in(Path handlers) {
        try {
            Files.createDirectories(handlers);
            try (var jar = new JarOutputStream(Files.newOutputStream(handlers.resolve("scripted.jar")))) {
                jar.putNextEntry(new JarEntry("META-INF/services/io.jobtrail.handler.JobHandler"));
                jar.write(ScriptedHandler.class.getName().getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
