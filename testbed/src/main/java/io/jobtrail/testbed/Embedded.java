package io.jobtrail.testbed;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * Unpacks server binaries that come inside jars, once per user and content. Programs that do so at the same moment do not
 * disturb each other: each unpacks for itself, and the first to be ready is kept.
 */
final class Embedded {
    private Embedded() {}

    /** Whether {@code JOBTRAIL_TESTBED=embedded} forbids the use of servers installed on the machine. */
    static boolean isForced() {
        return "embedded".equals(System.getenv("JOBTRAIL_TESTBED"));
    }

    /** Unpacks a .tar.xz archive. @return the directory with its content */
    static Path unpack(String name, InputStream archive) throws IOException {
        byte[] bytes = archive.readAllBytes();
        Path target = target(name, bytes);
        if (!Files.exists(target)) {
            Path half = half(name);
            try (InputStream tar = new XZInputStream(new ByteArrayInputStream(bytes))) {
                extract(new TarArchiveInputStream(tar), half);
            }
            keep(half, target);
        }
        return target;
    }

    /** Writes one executable file. @return its path */
    static Path unpackProgram(String name, InputStream program) throws IOException {
        byte[] bytes = program.readAllBytes();
        Path target = target(name, bytes);
        if (!Files.exists(target)) {
            Path half = half(name);
            Path file = Files.write(half.resolve(name), bytes);
            makeExecutable(file);
            keep(half, target);
        }
        return target.resolve(name);
    }

    private static Path target(String name, byte[] content) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
            return Directories.cache().resolve(name + "-" + HexFormat.of().formatHex(hash, 0, 8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path half(String name) throws IOException {
        Path half = Files.createTempDirectory(Directories.cache(), name + "-unpacking-");
        return Files.setPosixFilePermissions(half, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void keep(Path half, Path target) throws IOException {
        try {
            Files.move(half, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Directories.delete(half);
            if (!Files.exists(target)) {
                throw e;
            }
        }
    }

    private static void extract(TarArchiveInputStream tar, Path into) throws IOException {
        TarArchiveEntry entry;
        while ((entry = tar.getNextEntry()) != null) {
            Path path = into.resolve(entry.getName()).normalize();
            if (!path.startsWith(into)) {
                throw new IOException("archive entry leaves its directory: " + entry.getName());
            }
            if (entry.isDirectory()) {
                Files.createDirectories(path);
                continue;
            }
            Files.createDirectories(path.getParent());
            if (entry.isSymbolicLink()) {
                Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            } else if (entry.isLink()) {
                Files.createLink(path, into.resolve(entry.getLinkName()));
            } else {
                Files.copy(tar, path);
                if ((entry.getMode() & 0100) != 0) {
                    makeExecutable(path);
                }
            }
        }
    }

    private static void makeExecutable(Path file) throws IOException {
        if (!file.toFile().setExecutable(true, false)) {
            throw new IOException("cannot make " + file + " executable");
        }
    }
}
