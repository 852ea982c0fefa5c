package io.jobtrail.run;

import io.jobtrail.doctor.Finding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceConfigurationError;

/** Whether the handlers that were put beside the program can be loaded. */
public final class HandlersCheck {
    private HandlersCheck() {}

    public static Finding of(Path directory) {
        try {
            var names = Handlers.load(List.of(), directory).names();
            var detail = "%s %s; further handlers: %s"
                    .formatted(
                            directory.toAbsolutePath(),
                            Files.isDirectory(directory) ? "is there" : "is not there",
                            names.isEmpty() ? "none" : String.join(", ", names));
            return Finding.ok("handlers", detail);
        } catch (ServiceConfigurationError | LinkageError | RuntimeException e) {
            return Finding.failure(
                    "handlers",
                    directory.toAbsolutePath() + ": " + e.getMessage(),
                    "mend or remove the jar that is named; its META-INF/services file must name a class with a public "
                            + "constructor without arguments");
        }
    }
}
