package io.jobtrail.document;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place for a process's temporary files: {@code jobtrail-<kind>-<pid>-<random>}. The process holds a lock in it for as
 * long as it lives, so that another one can tell what a dead process left behind and remove it. A lock, unlike a process id,
 * also tells when every process is number 1 of its own container.
 */
public final class WorkDirectory implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WorkDirectory.class);
    private static final String PREFIX = "jobtrail-";
    private static final String LOCK = "lock";
    private static final Duration TO_MAKE_THE_LOCK = Duration.ofMinutes(1);
    private static final Duration TO_TAKE_THE_LOCK = Duration.ofSeconds(1);

    /** To look at the lock of one of these would release it: closing any channel of a file releases what the process holds. */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel lockFile;

    private WorkDirectory(Path path, FileChannel lockFile) {
        this.path = path;
        this.lockFile = lockFile;
    }

    /**
     * Makes one, and removes those of this kind whose process is dead.
     *
     * @param kind what is kept there: {@code work} of a worker, or {@code uploads} of the web process
     */
    public static WorkDirectory createIn(Path parent, String kind) {
        try {
            removeLeftovers(parent, kind, Instant.now());
            Path path = Files.createTempDirectory(
                    parent, PREFIX + kind + "-" + ProcessHandle.current().pid() + "-");
            OWN.add(path);
            FileChannel lockFile = openLock(path);
            lockFile.lock();
            return new WorkDirectory(path, lockFile);
        } catch (IOException e) {
            throw new UncheckedIOException("no working directory in " + parent, e);
        }
    }

    public Path path() {
        return path;
    }

    /** A new empty directory; whoever asks for it deletes it. */
    public Path newDirectory(String prefix) throws IOException {
        return Files.createTempDirectory(path, prefix);
    }

    /** Removes the directories of processes that died. */
    static void removeLeftovers(Path parent, String kind, Instant now) throws IOException {
        try (DirectoryStream<Path> candidates = Files.newDirectoryStream(parent, PREFIX + kind + "-*")) {
            for (Path candidate : candidates) {
                try {
                    if (!OWN.contains(candidate) && !isStarting(candidate, now) && !isLocked(candidate)) {
                        log.info("Removing what a dead process left in {}", candidate);
                        delete(candidate);
                    }
                } catch (IOException e) {
                    log.debug(
                            "Leaving {} alone: {}",
                            candidate,
                            e.toString()); // another user's, or just removed by another process
                }
            }
        }
    }

    /** Without a lock file its owner may be about to make it, and with one to take the lock. */
    private static boolean isStarting(Path directory, Instant now) throws IOException {
        Path lock = directory.resolve(LOCK);
        return Files.exists(lock)
                ? Files.getLastModifiedTime(lock).toInstant().isAfter(now.minus(TO_TAKE_THE_LOCK))
                : Files.getLastModifiedTime(directory).toInstant().isAfter(now.minus(TO_MAKE_THE_LOCK));
    }

    private static boolean isLocked(Path directory) throws IOException {
        try (FileChannel channel = openLock(directory);
                FileLock lock = channel.tryLock()) {
            return lock == null;
        }
    }

    private static FileChannel openLock(Path directory) throws IOException {
        return FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /** Deletes a directory with all that is in it; what cannot be deleted is logged and left. */
    public static void delete(Path directory) {
        if (Files.notExists(directory)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(directory)) {
            List<Path> deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            log.warn("Cannot delete {}; it will be tried again when a process starts", directory, e);
        }
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            log.debug("Cannot close the lock of {}", path, e);
        }
        delete(path);
        OWN.remove(path);
    }
}
