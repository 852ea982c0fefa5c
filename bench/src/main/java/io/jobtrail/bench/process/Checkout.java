package io.jobtrail.bench.process;

import java.nio.file.Files;
import java.nio.file.Path;

/** The packaged programs of a checkout, and the Java that runs them. */
public record Checkout(Path directory) {
    /** @throws IllegalStateException when it was not built */
    public Path jar(String module) {
        var jar = directory.resolve(module).resolve("target").resolve(module + ".jar");
        if (!Files.exists(jar)) {
            throw new IllegalStateException(jar + " is missing: build the project first (mvn package)");
        }
        return jar.toAbsolutePath();
    }

    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
