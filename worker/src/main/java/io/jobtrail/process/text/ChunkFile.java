package io.jobtrail.process.text;

import io.jobtrail.handler.JobContext.Chunk;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A temporary file of chunks on their way from the chunker to the embedder, so that only a batch of them is in memory. */
public final class ChunkFile {
    private ChunkFile() {}

    /** Appends chunks, without their embeddings. */
    public static final class Writer implements AutoCloseable {
        private final DataOutputStream out;
        private int count;

        public Writer(Path file) throws IOException {
            out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16));
        }

        public void write(Chunk chunk) throws IOException {
            byte[] text = chunk.text().getBytes(StandardCharsets.UTF_8);
            out.writeInt(text.length);
            out.write(text);
            out.writeInt(chunk.tokens());
            out.writeInt(chunk.pageFrom() == null ? 0 : chunk.pageFrom());
            out.writeInt(chunk.pageTo() == null ? 0 : chunk.pageTo());
            count++;
        }

        public int count() {
            return count;
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }

    /** Gives the chunks back in batches. */
    public static final class Reader implements AutoCloseable {
        private final DataInputStream in;
        private int left;

        /** @param count how many chunks were written */
        public Reader(Path file, int count) throws IOException {
            in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
            left = count;
        }

        /** The next chunks, at most {@code size}; empty at the end. */
        public List<Chunk> readBatch(int size) throws IOException {
            List<Chunk> batch = new ArrayList<>();
            for (; left > 0 && batch.size() < size; left--) {
                byte[] text = new byte[in.readInt()];
                in.readFully(text);
                int tokens = in.readInt();
                Integer pageFrom = page(in.readInt());
                Integer pageTo = page(in.readInt());
                batch.add(new Chunk(new String(text, StandardCharsets.UTF_8), tokens, pageFrom, pageTo, null));
            }
            return batch;
        }

        private static Integer page(int number) {
            return number == 0 ? null : number;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
