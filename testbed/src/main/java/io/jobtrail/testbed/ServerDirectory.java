package io.jobtrail.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The directory of one server, held by one JVM at a time. It remembers which process serves it, so that the next holder can
 * find a server whose JVM was killed. It does not know what kind of server that is.
 */
final class ServerDirectory implements AutoCloseable {
    private static final Duration START_TIME_TOLERANCE = Duration.ofSeconds(3);

    private final Path path;
    private final FileChannel lockFile;

    private ServerDirectory(Path path, FileChannel lockFile) {
        this.path = path;
        this.lockFile = lockFile;
    }

    /**
     * Takes the directory, creating it when needed.
     *
     * @throws IllegalStateException when another JVM, or another server of this one, holds it
     */
    static ServerDirectory take(Path directory) {
        return tryTake(Directories.create(directory))
                .orElseThrow(() -> new IllegalStateException(
                        directory + " is in use by another program of Jobtrail; stop that one first"));
    }

    /** Takes an existing directory unless it is held by someone. */
    static Optional<ServerDirectory> tryTake(Path directory) {
        FileChannel lockFile = null;
        try {
            lockFile = FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = lockFile.tryLock();
            if (lock != null) {
                return Optional.of(new ServerDirectory(directory, lockFile));
            }
            lockFile.close();
            return Optional.empty();
        } catch (OverlappingFileLockException heldByThisJvm) {
            closeQuietly(lockFile);
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use " + directory + ": does it belong to another user?", e);
        }
    }

    Path path() {
        return path;
    }

    Path resolve(String name) {
        return path.resolve(name);
    }

    /** Remembers the server by process id and start time, for ids are given out again. */
    void remember(ProcessHandle server) {
        String started = server.info().startInstant().orElse(Instant.now()).toString();
        try {
            Files.writeString(path.resolve("server"), server.pid() + " " + started);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The remembered server, if that very process still runs. */
    Optional<ProcessHandle> orphan() {
        try {
            String[] pidAndStart =
                    Files.readString(path.resolve("server")).trim().split(" ");
            Instant started = Instant.parse(pidAndStart[1]);
            return ProcessHandle.of(Long.parseLong(pidAndStart[0]))
                    .filter(ProcessHandle::isAlive)
                    .filter(process -> process.info()
                            .startInstant()
                            .filter(at -> Duration.between(at, started).abs().compareTo(START_TIME_TOLERANCE) < 0)
                            .isPresent());
        } catch (IOException | RuntimeException unreadable) {
            return Optional.empty();
        }
    }

    /** Ends the remembered server if it still runs: by SIGTERM, after five seconds by SIGKILL. */
    void endOrphan() {
        orphan().ifPresent(orphan -> {
            orphan.destroy();
            try {
                orphan.onExit().get(5, TimeUnit.SECONDS);
            } catch (TimeoutException | ExecutionException e) {
                orphan.destroyForcibly();
            } catch (InterruptedException e) {
                orphan.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Deletes the directory, with the server that may still run over it, unless somebody holds it. */
    static void clear(Path directory) {
        if (Files.isDirectory(directory)) {
            tryTake(directory).ifPresent(taken -> {
                try (taken) {
                    taken.endOrphan();
                    Directories.delete(directory);
                }
            });
        }
    }

    @Override
    public void close() {
        closeQuietly(lockFile);
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
