package io.jobtrail.process.extract;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.parser.txt.UniversalEncodingDetector;
import org.xml.sax.SAXException;

/**
 * Decides whether a file without any other sign of its type is text, and in which encoding, by reading all of it; and reads it
 * as such. Tika looks at the first kilobytes only: it takes a text whose first accented letter comes later for Latin-1, and
 * short texts with many accents for no text at all. It also loses characters beyond the BMP between two of its buffers.
 */
final class PlainText {
    private static final int GOOD_PER_BAD = 20;
    private static final int TEXT_PER_CONTROL = 1000;
    private static final int ESCAPE = 0x1B;

    private long bytes;
    private final long[] zerosAt = new long[2]; // at even and odd positions
    private long controls;
    private boolean escapes;
    private int first = -1;
    private int second = -1;

    private long goodSequences;
    private long badSequences;
    private int missing;

    private PlainText() {}

    /** The encoding of a text; null when the file is no text. */
    static Charset encodingOf(Path file) throws IOException {
        PlainText statistics = new PlainText();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                for (int i = 0; i < n; i++) {
                    statistics.count(buffer[i] & 0xFF);
                }
            }
        }
        return statistics.encoding(file);
    }

    /** Passes on the characters of a whole file; malformed bytes become U+FFFD. */
    static void read(Path file, Charset encoding, PageCollector text) throws IOException, SAXException {
        try (Reader in = new InputStreamReader(Files.newInputStream(file), encoding)) {
            char[] buffer = new char[1 << 14];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                text.characters(buffer, 0, n);
            }
        }
        text.endDocument();
    }

    private void count(int b) {
        if (bytes == 0) {
            first = b;
        } else if (bytes == 1) {
            second = b;
        }
        if (b == 0) {
            zerosAt[(int) (bytes & 1)]++;
        } else if (b < ' ' && (b < '\t' || b > '\r')) {
            controls++;
            escapes |= b == ESCAPE;
        }
        countUtf8(b);
        bytes++;
    }

    private void countUtf8(int b) {
        boolean continuation = (b & 0xC0) == 0x80;
        if (continuation && missing > 0) {
            missing--;
            goodSequences += missing == 0 ? 1 : 0;
        } else {
            badSequences += missing > 0 || continuation ? 1 : 0;
            missing = continuation ? 0 : following(b);
            if (missing < 0) {
                badSequences++;
                missing = 0;
            }
        }
    }

    /** How many bytes follow this first byte of a UTF-8 character; -1 when no character starts so. */
    private static int following(int first) {
        if (first < 0x80) {
            return 0;
        }
        if (first >= 0xC2 && first < 0xE0) {
            return 1;
        }
        if (first >= 0xE0 && first < 0xF0) {
            return 2;
        }
        return first >= 0xF0 && first < 0xF5 ? 3 : -1;
    }

    private Charset encoding(Path file) throws IOException {
        if ((first == 0xFF && second == 0xFE) || (first == 0xFE && second == 0xFF)) {
            return StandardCharsets.UTF_16;
        }
        long zeros = zerosAt[0] + zerosAt[1];
        if (zeros > 0) {
            return withoutMark16(zeros);
        }
        if (controls * TEXT_PER_CONTROL > bytes && !escapes) {
            return null;
        }
        // One damaged byte must not spoil the rest; an escape is how 7-bit encodings such as ISO-2022-JP begin.
        if (badSequences * GOOD_PER_BAD <= goodSequences && !escapes) {
            return StandardCharsets.UTF_8;
        }
        return eightBit(file);
    }

    /** In UTF-16, Latin text has a zero in every other byte; other scripts need a byte order mark to be recognised. */
    private Charset withoutMark16(long zeros) {
        boolean halfOfThem = zeros * 4 > bytes;
        if (halfOfThem && zerosAt[1] > 20 * zerosAt[0]) {
            return StandardCharsets.UTF_16LE;
        }
        return halfOfThem && zerosAt[0] > 20 * zerosAt[1] ? StandardCharsets.UTF_16BE : null;
    }

    /**
     * Trusts the detector where it sees a multi-byte encoding. For the rest it guesses among many look-alikes, where
     * windows-1252, which Latin-1 is a part of, is by far the most likely.
     */
    private Charset eightBit(Path file) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            Charset guess = new UniversalEncodingDetector().detect(in, new Metadata());
            boolean multiByte = guess != null && guess.newEncoder().maxBytesPerChar() > 1;
            return multiByte && !guess.name().startsWith("UTF") ? guess : Charset.forName("windows-1252");
        }
    }
}
