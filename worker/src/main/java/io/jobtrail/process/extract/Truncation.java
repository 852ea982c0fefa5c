package io.jobtrail.process.extract;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Notices files that were cut off in transport. Parsers repair such files and return what is left, which would pass half a
 * document off as a whole one; the formats themselves say how they end.
 */
final class Truncation {
    /** A format, the bytes it starts with, and those it must have among its last ones. */
    private enum Format {
        PDF("%PDF-", "%%EOF", 4096),
        ZIP("PK\3\4", "PK\5\6", 66 * 1024); // the end record is followed by a comment of up to 64 KB

        private final String start;
        private final String end;
        private final int within;

        Format(String start, String end, int within) {
            this.start = start;
            this.end = end;
            this.within = within;
        }
    }

    private Truncation() {}

    /** Whether the file begins like a PDF or a ZIP (so also like Office files) but does not end like one. */
    static boolean cutsShort(Path path) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            String start = read(file, 0, 8);
            for (Format format : Format.values()) {
                if (start.startsWith(format.start)) {
                    long from = Math.max(0, file.length() - format.within);
                    return !read(file, from, format.within).contains(format.end);
                }
            }
            return false;
        }
    }

    private static String read(RandomAccessFile file, long from, int length) throws IOException {
        byte[] bytes = new byte[(int) Math.min(length, file.length() - from)];
        file.seek(from);
        file.readFully(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
