package io.jobtrail.testbed;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The directory with {@code initdb}, {@code postgres} and {@code pg_ctl}: the machine's own when it has one, else the embedded
 * one, unpacked once per user. It starts nothing.
 */
record PostgresBinaries(Path directory) {
    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");

    /** The machine's own binaries, or the embedded ones when there are none or {@code JOBTRAIL_TESTBED=embedded} is set. */
    static PostgresBinaries find() {
        return Embedded.isForced() ? embedded() : installed().orElseGet(PostgresBinaries::embedded);
    }

    /** From PATH, else the newest of those Debian and Ubuntu keep off it. */
    static Optional<PostgresBinaries> installed() {
        Stream<Path> onPath = Isolation.onPath("initdb").map(Directories::realPath).map(Path::getParent).stream();
        return Stream.concat(onPath, debianDirectories().stream())
                .filter(PostgresBinaries::isComplete)
                .findFirst()
                .map(PostgresBinaries::new);
    }

    /**
     * @throws IllegalStateException when there are no embedded binaries for this machine
     */
    static PostgresBinaries embedded() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac") ? "Darwin" : "Linux";
        String machine = System.getProperty("os.arch").replace("amd64", "x86_64");
        try (InputStream archive = DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system, machine)) {
            return new PostgresBinaries(Embedded.unpack("postgres", archive).resolve("bin"));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack the embedded Postgres", e);
        }
    }

    String program(String name) {
        return directory.resolve(name).toString();
    }

    private static List<Path> debianDirectories() {
        if (!Files.isDirectory(DEBIAN)) {
            return List.of();
        }
        try (Stream<Path> versions = Files.list(DEBIAN)) {
            return versions.filter(version -> version.getFileName().toString().matches("\\d+"))
                    .sorted(Comparator.comparing((Path version) ->
                                    Integer.valueOf(version.getFileName().toString()))
                            .reversed())
                    .map(version -> version.resolve("bin"))
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static boolean isComplete(Path directory) {
        return Stream.of("initdb", "postgres", "pg_ctl").allMatch(name -> Files.isExecutable(directory.resolve(name)));
    }
}
