package io.jobtrail.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A quick look at how many pages a PDF says it has, only good for choosing a queue. Searches the bytes for page tree nodes, plain
 * or in compressed object streams, and takes the largest count: the root of the tree counts all. Bounded in time and memory,
 * never fails: whatever it cannot tell is unknown.
 */
final class PdfPageCount {
    /** Other entries of the same dictionary. Possessive and ending at the next Type or Count, so that no text is read twice. */
    private static final String BETWEEN = "[^>/]*+(?:/(?!Count\\b|Type\\b)[^>/]*+){0,40}+";

    private static final String COUNT = "/Count\\s++(\\d{1,7})";
    private static final String TYPE = "/Type\\s*+/Pages\\b";
    private static final Pattern NODE = Pattern.compile(TYPE + BETWEEN + COUNT + "|" + COUNT + BETWEEN + TYPE);

    private static final int WINDOW = 1 << 20;
    private static final int OVERLAP = 64 << 10;
    private static final int MAX_STREAM = 4 << 20;

    private static final int MAX_INFLATED = 32 << 20;

    /** At the same time: each may take a dozen megabytes, and none is quicker for more of them than there are processors. */
    private static final Semaphore LOOKS = new Semaphore(2);

    private final LongSupplier clock;
    private final long deadline;
    private int inflated;
    private int pages = -1;

    /** @param clock nanoseconds that only grow */
    PdfPageCount(Duration patience, LongSupplier clock) {
        this.clock = clock;
        deadline = clock.getAsLong() + patience.toNanos();
    }

    /**
     * @param bytes is read from its beginning and not closed
     * @param size how many bytes there are
     */
    static OptionalInt of(InputStream bytes, long size, Duration patience) throws IOException {
        return new PdfPageCount(patience, System::nanoTime).of(bytes, size);
    }

    OptionalInt of(InputStream bytes, long size) throws IOException {
        var head = bytes.readNBytes(5);
        if (!new String(head, StandardCharsets.ISO_8859_1).equals("%PDF-") || !begin()) {
            return OptionalInt.empty();
        }
        try {
            scan(bytes, new byte[(int) Math.min(size, WINDOW)]);
        } finally {
            LOOKS.release();
        }
        return pages < 0 ? OptionalInt.empty() : OptionalInt.of(pages);
    }

    private boolean begin() {
        try {
            return LOOKS.tryAcquire(deadline - clock.getAsLong(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Bytes that were unpacked so far. */
    int inflated() {
        return inflated;
    }

    private boolean isLate() {
        return clock.getAsLong() - deadline >= 0;
    }

    private void scan(InputStream bytes, byte[] window) throws IOException {
        int kept = 0;
        while (!isLate()) {
            int read = bytes.readNBytes(window, kept, window.length - kept);
            int length = kept + read;
            var text = new String(window, 0, length, StandardCharsets.ISO_8859_1);
            nodes(text);
            objectStreams(text, window);
            if (read < window.length - kept) {
                return;
            }
            // What straddles the border is seen whole in the next window.
            kept = OVERLAP;
            System.arraycopy(window, length - kept, window, 0, kept);
        }
        pages = -1; // half a look could name an inner node of the tree
    }

    /** Its work grows with the length of the text and no faster, whatever is in it. */
    void nodes(CharSequence text) {
        for (var matcher = NODE.matcher(text); matcher.find(); ) {
            pages = Math.max(pages, Integer.parseInt(matcher.group(matcher.group(1) == null ? 2 : 1)));
        }
    }

    private void objectStreams(String text, byte[] window) {
        for (int at = text.indexOf("/ObjStm"); at >= 0; at = text.indexOf("/ObjStm", at + 1)) {
            int stream = text.indexOf("stream", at);
            if (stream < 0 || isLate()) {
                return;
            }
            int start = stream + "stream".length();
            while (start < text.length() && (text.charAt(start) == '\r' || text.charAt(start) == '\n')) {
                start++;
            }
            inflate(window, start, text.length() - start);
        }
    }

    private void inflate(byte[] window, int start, int length) {
        var inflater = new Inflater();
        try {
            inflater.setInput(window, start, length);
            var plain = new ByteArrayOutputStream();
            var buffer = new byte[16 << 10];
            while (!inflater.finished() && plain.size() < MAX_STREAM && inflated < MAX_INFLATED) {
                int count = inflater.inflate(buffer);
                if (count == 0) {
                    break;
                }
                plain.write(buffer, 0, count);
                inflated += count;
            }
            nodes(plain.toString(StandardCharsets.ISO_8859_1));
        } catch (DataFormatException e) {
            // Not compressed the usual way: what stands in there stays unknown.
        } finally {
            inflater.end();
        }
    }
}
