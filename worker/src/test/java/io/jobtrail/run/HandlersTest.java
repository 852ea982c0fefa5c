package io.jobtrail.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobtrail.handler.JobContext;
import io.jobtrail.handler.JobHandler;
import io.jobtrail.job.Job;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandlersTest {
    private static final String SERVICE = "META-INF/services/io.jobtrail.handler.JobHandler";
    private static final Path NOWHERE = Path.of("no-such-directory");

    @TempDir
    private Path directory;

    private record Named(String name) implements JobHandler {
        @Override
        public Object handle(Job job, JobContext context) {
            return name;
        }
    }

    /** A jar that declares the class as a handler, with that class in it. */
    private void jarWith(String className, String handlerName) throws IOException {
        var source = directory.resolve(className + ".java");
        Files.writeString(source, """
                public final class %s implements io.jobtrail.handler.JobHandler {
                    @Override public String name() { return "%s"; }
                    @Override public Object handle(io.jobtrail.job.Job job, io.jobtrail.handler.JobContext context) {
                        return java.util.Map.of("said", "hello");
                    }
                }
                """.formatted(className, handlerName));
        assertThat(ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, "-cp", System.getProperty("java.class.path"), source.toString()))
                .isZero();
        try (var jar = new JarOutputStream(Files.newOutputStream(directory.resolve(className + ".jar")))) {
            jar.putNextEntry(new JarEntry(SERVICE));
            jar.write(className.getBytes(StandardCharsets.UTF_8));
            jar.putNextEntry(new JarEntry(className + ".class"));
            jar.write(Files.readAllBytes(directory.resolve(className + ".class")));
        }
    }

    @Test
    void handlersAreFoundInTheJarsOfTheDirectory() throws Exception {
        jarWith("Greeter", "greet");
        jarWith("Waver", "wave");
        Files.writeString(directory.resolve("notes.txt"), "no jar");

        var handlers = Handlers.load(List.of(new Named("built.in-1_a")), directory);

        assertThat(handlers.names()).containsExactly("built.in-1_a", "greet", "wave");
        var job = new Job(UUID.randomUUID(), "default", "default", "greet", 1, 5, Map.of());
        assertThat(handlers.get("greet").handle(job, null)).isEqualTo(Map.of("said", "hello"));
        assertThat(handlers.get("unknown")).isNull();
    }

    @Test
    void aJarMayDeclareAHandlerThatIsOnTheClassPath() throws Exception {
        try (var jar = new JarOutputStream(Files.newOutputStream(directory.resolve("declares-only.jar")))) {
            jar.putNextEntry(new JarEntry(SERVICE));
            jar.write(ScriptedHandler.class.getName().getBytes(StandardCharsets.UTF_8));
        }
        var handlers = Handlers.load(List.of(), directory);
        assertThat(handlers.get(ScriptedHandler.NAME)).isExactlyInstanceOf(ScriptedHandler.class);
    }

    @Test
    void aMissingOrEmptyDirectoryIsFine() {
        assertThat(Handlers.load(List.of(new Named("a")), NOWHERE).names()).containsExactly("a");
        assertThat(Handlers.load(List.of(), directory).names()).isEmpty();
    }

    @Test
    void twoHandlersWithOneNameAreRefused() throws Exception {
        jarWith("Impostor", "process_document");
        assertThatThrownBy(() -> Handlers.load(List.of(new Named("process_document")), directory))
                .hasMessageContaining("process_document")
                .hasMessageContaining("Impostor")
                .hasMessageContaining("Named");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "has space",
                "sl/ash",
                "ümlaut",
                "new\nline",
                "12345678901234567890123456789012345678901234567890123456789012345"
            })
    void aBadNameIsRefused(String name) {
        assertThatThrownBy(() -> Handlers.load(List.of(new Named(name)), NOWHERE))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("1 to 64 letters");
    }

    @Test
    void aMissingNameIsRefused() {
        assertThatThrownBy(() -> Handlers.load(List.of(new Named(null)), NOWHERE))
                .hasMessageContaining("1 to 64 letters");
    }
}
