package io.jobtrail.testbed;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** Creates, finds and deletes the directories the testbed works in. It must never be given a directory of the user's own. */
final class Directories {
    private Directories() {}

    static Path create(Path directory) {
        try {
            return Files.createDirectories(directory).toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + directory + ": does it belong to another user?", e);
        }
    }

    static Path realPath(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath();
        }
    }

    /**
     * Where unpacked server binaries are kept; one per user, so that root's files never stand in another user's way. Root's are
     * outside its home, because Postgres does not run as root and must be able to reach them.
     */
    static Path cache() {
        Path caches = userId() == 0 ? Path.of("/var/cache") : Path.of(System.getProperty("user.home"), ".cache");
        if (Files.isWritable(caches) || (!Files.exists(caches) && Files.isWritable(caches.getParent()))) {
            return create(caches.resolve("jobtrail"));
        }
        return create(temporary().resolve("cache"));
    }

    /** The user's own part of the temporary directory. */
    static Path temporary() {
        return create(Path.of(System.getProperty("java.io.tmpdir"), "jobtrail-" + userId()));
    }

    static long userId() {
        return new UnixSystem().getUid();
    }

    /** Deletes the directory with all that is in it; nothing happens when it does not exist. Links are not followed. */
    static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException gone) {
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, IOException e) throws IOException {
                    Files.deleteIfExists(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + directory, e);
        }
    }
}
