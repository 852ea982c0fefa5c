package io.jobtrail.bench.storm.patch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Compiles patched sources into a directory that is put in front of a process's class path. Changes no file of the checkout. */
final class PatchedClasses {
    private PatchedClasses() {}

    /**
     * @param classPath what the sources are compiled against
     * @param directory gets the classes; made when missing
     * @throws IllegalStateException when a patch does not fit, or what it makes of the source does not compile
     */
    static void compile(Path checkout, String classPath, List<Patch> patches, Path directory) {
        var sources = patches.stream()
                .map(Patch::source)
                .distinct()
                .map(source -> new Source(source, Patch.apply(checkout, source, patches)))
                .toList();
        var problems = new DiagnosticCollector<JavaFileObject>();
        var options = List.of(
                "--release",
                "17",
                "-parameters",
                "-proc:none",
                "-cp",
                classPath,
                "-d",
                made(directory).toString());
        var done = ToolProvider.getSystemJavaCompiler()
                .getTask(null, null, problems, options, null, sources)
                .call();
        if (!done) {
            throw new IllegalStateException("a patched source does not compile: " + problems.getDiagnostics());
        }
    }

    private static Path made(Path directory) {
        try {
            return Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String path, String text) {
            super(URI.create("patched:///" + path.replaceFirst(".*/java/", "")), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
