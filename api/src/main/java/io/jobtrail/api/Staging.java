package io.jobtrail.api;

import java.io.ByteArrayInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.util.BufferUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where files are while they come in: small ones in memory, as long as those of all requests have room there together, the
 * others in temporary files. Nobody waits for room, and nothing is refused for want of it. Knows nothing of HTTP.
 */
final class Staging {
    /** A file may keep so much in memory. */
    static final int IN_MEMORY_BYTES = 256 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(Staging.class);

    private final Path directory;
    private final Semaphore room;

    /**
     * @param directory for temporary files; made anew when somebody has tidied it away
     * @param room bytes of memory that all files may take together
     */
    Staging(Path directory, int room) {
        this.directory = directory;
        this.room = new Semaphore(room);
    }

    /** Of this process alone, and empty while no file is under way. */
    Path directory() {
        return directory;
    }

    /** Bytes of memory that no file takes. */
    int room() {
        return room.availablePermits();
    }

    /** @param most bytes that may come, as far as that is known */
    StagedFile newFile(long most) {
        int length = (int) Math.min(most, IN_MEMORY_BYTES);
        return new StagedFile(room.tryAcquire(length) ? ByteBuffer.allocate(length) : null);
    }

    /** One file, written and then read. For one thread; its bytes are gone once it is closed. */
    final class StagedFile implements AutoCloseable {
        private ByteBuffer memory; // its capacity is what it takes of the room; null when the bytes are on the disk
        private Path path;
        private OutputStream disk; // without a buffer, so that what was written can be read
        private long size;

        private StagedFile(ByteBuffer memory) {
            this.memory = memory;
        }

        void write(ByteBuffer bytes) throws IOException {
            size += bytes.remaining();
            if (memory != null && bytes.remaining() > memory.remaining()) {
                onDisk().write(memory.array(), 0, memory.position());
                leaveMemory();
            }
            if (memory != null) {
                memory.put(bytes);
            } else {
                BufferUtil.writeTo(bytes, onDisk());
            }
        }

        /** Nothing more comes: what it took for that is given back, so that many can wait for each other. */
        void complete() throws IOException {
            if (disk != null) {
                disk.close();
                disk = null;
            }
            if (memory != null && memory.remaining() > memory.capacity() / 2) {
                int spare = memory.remaining();
                memory = ByteBuffer.allocate(memory.position()).put(memory.flip());
                room.release(spare);
            }
        }

        long size() {
            return size;
        }

        /** All its bytes, not copied, if they are in memory. */
        Optional<ByteBuffer> inMemory() {
            return Optional.ofNullable(memory).map(bytes -> bytes.duplicate().flip());
        }

        InputStream open() throws IOException {
            return memory == null
                    ? Files.newInputStream(path)
                    : new ByteArrayInputStream(memory.array(), 0, memory.position());
        }

        private OutputStream onDisk() throws IOException {
            if (disk == null) {
                path = Files.createTempFile(Files.createDirectories(directory), "upload-", null);
                // Not a channel: its thread would keep a buffer outside the heap as large as the largest write.
                disk = new FileOutputStream(path.toFile());
            }
            return disk;
        }

        private void leaveMemory() {
            if (memory != null) {
                room.release(memory.capacity());
                memory = null;
            }
        }

        @Override
        public void close() {
            leaveMemory();
            if (path == null) {
                return;
            }
            try {
                if (disk != null) {
                    disk.close();
                }
                Files.deleteIfExists(path);
            } catch (IOException e) {
                LOG.warn("{} stays until this process ends: {}", path, e.toString());
            }
        }
    }
}
