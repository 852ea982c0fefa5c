package io.jobtrail.api;

import io.jobtrail.api.Staging.StagedFile;
import io.jobtrail.document.DocumentStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One file of a form, received whole.
 *
 * @param sentName as it was sent; null when it was not
 * @param sentType likewise
 */
record UploadedFile(String sentName, String sentType, StagedFile bytes) implements DocumentStore.Incoming {
    /** Controls, halves of characters, line ends and what turns the direction of writing; joiners within emoji stay. */
    private static final Pattern UNSAFE =
            Pattern.compile("[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\u061C\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u2069\\uFEFF]");

    private static final Pattern TYPE = Pattern.compile("[\\x20-\\x7E]{1,255}");

    /** The sender's name for the file without directories and control characters; for display, never for a path. */
    @Override
    public String filename() {
        var name = sentName == null ? "" : sentName;
        var last = name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
        var clean = UNSAFE.matcher(last).replaceAll("").strip();
        if (clean.isEmpty() || clean.chars().allMatch(c -> c == '.')) {
            return "unnamed";
        }
        return clean.codePointCount(0, clean.length()) <= 255
                ? clean
                : clean.substring(0, clean.offsetByCodePoints(0, 255));
    }

    @Override
    public String contentType() {
        return sentType != null && TYPE.matcher(sentType).matches() ? sentType : "application/octet-stream";
    }

    /** The bytes of the file, if they are in memory. */
    Optional<ByteBuffer> inMemory() {
        return bytes.inMemory();
    }

    long size() {
        return bytes.size();
    }

    @Override
    public InputStream open() throws IOException {
        return bytes.open();
    }
}
