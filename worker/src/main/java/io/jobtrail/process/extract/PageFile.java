package io.jobtrail.process.extract;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * A temporary file with the text of a document, page after page, so that no step has to hold a whole document in memory. Text
 * without pages comes in pieces of bounded size instead. Knows nothing of what the text means.
 *
 * <p>Each record: page number (int, 0 for none), length in bytes (int), UTF-8.
 */
public final class PageFile {

    /**
     * Text that stands together.
     *
     * @param number from 1; null when the text is on no page
     */
    public record Page(Integer number, String text) {}

    private PageFile() {}

    public static Writer write(Path file) throws IOException {
        return new Writer(new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)));
    }

    public static Reader read(Path file) throws IOException {
        return new Reader(new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16)));
    }

    /** Appends pages. A lone surrogate has no UTF-8 form and is left out. */
    public static final class Writer implements AutoCloseable {
        private final DataOutputStream out;
        private final CharsetEncoder utf8 =
                StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.IGNORE);

        private Writer(DataOutputStream out) {
            this.out = out;
        }

        public void write(Page page) throws IOException {
            ByteBuffer bytes = utf8.encode(CharBuffer.wrap(page.text()));
            out.writeInt(page.number() == null ? 0 : page.number());
            out.writeInt(bytes.remaining());
            out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }

    /** Gives the pages in the order they were written. A file that breaks off in a record is an {@link UncheckedIOException}. */
    public static final class Reader implements Iterator<Page>, AutoCloseable {
        private final DataInputStream in;
        private Optional<Page> next;

        private Reader(DataInputStream in) throws IOException {
            this.in = in;
            this.next = readPage();
        }

        @Override
        public boolean hasNext() {
            return next.isPresent();
        }

        @Override
        public Page next() {
            Page page = next.orElseThrow(NoSuchElementException::new);
            try {
                next = readPage();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return page;
        }

        private Optional<Page> readPage() throws IOException {
            in.mark(1);
            if (in.read() < 0) {
                return Optional.empty();
            }
            in.reset();
            int number = in.readInt();
            int length = in.readInt();
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length) {
                throw new EOFException("page file breaks off in a page of " + length + " bytes");
            }
            return Optional.of(new Page(number == 0 ? null : number, new String(bytes, StandardCharsets.UTF_8)));
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
