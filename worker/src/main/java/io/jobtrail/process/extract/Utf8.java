package io.jobtrail.process.extract;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Decides whether a text file is UTF-8 by reading all of it. Detectors look at the first kilobytes only and take a file whose
 * first accented letter comes later for Latin-1.
 */
final class Utf8 {
    private static final int GOOD_PER_BAD = 20;
    private static final int ESCAPE = 0x1B;

    private Utf8() {}

    /**
     * True when the multi-byte sequences are well-formed, but for a stray few: one damaged byte must not spoil the rest. False
     * when there is an escape character, which is how 7-bit encodings such as ISO-2022-JP begin.
     */
    static boolean isUtf8(Path file) throws IOException {
        long good = 0;
        long bad = 0;
        int missing = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            for (int b = in.read(); b >= 0; b = in.read()) {
                if (b == ESCAPE || b == 0) {
                    return false;
                }
                boolean continuation = (b & 0xC0) == 0x80;
                if (continuation && missing > 0) {
                    missing--;
                    good += missing == 0 ? 1 : 0;
                } else {
                    bad += missing > 0 || continuation ? 1 : 0;
                    missing = continuation ? 0 : following(b);
                    if (missing < 0) {
                        bad++;
                        missing = 0;
                    }
                }
            }
        }
        return bad * GOOD_PER_BAD <= good;
    }

    /** How many bytes follow this first byte of a character; -1 when no character starts so. */
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
}
