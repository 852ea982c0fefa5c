package io.jobtrail.bench.storm.patch;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** A packaged program of the checkout, and the class path that it runs with. Starts nothing. */
public enum Program {
    API("io.jobtrail.ApiMain"),
    WORKER("io.jobtrail.WorkerMain");

    private final String main;

    Program(String main) {
        this.main = main;
    }

    public String main() {
        return main;
    }

    /** @param before directories whose classes stand in for the program's own */
    public String classPath(Path checkout, Path... before) {
        var target = checkout.resolve(name().toLowerCase(Locale.ROOT)).resolve("target");
        var jar = target.resolve(name().toLowerCase(Locale.ROOT) + ".jar");
        return Arrays.stream(before).map(path -> path + ":").collect(Collectors.joining()) + jar + ":"
                + target.resolve("lib") + "/*";
    }

    /** Everything that any source of the checkout needs. */
    static String classPathOfAll(Path checkout) {
        return Arrays.stream(values())
                .map(program -> program.classPath(checkout))
                .collect(Collectors.joining(":"));
    }
}
