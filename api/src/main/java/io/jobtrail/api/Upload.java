package io.jobtrail.api;

import io.javalin.http.Context;
import jakarta.servlet.MultipartConfigElement;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.Part;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A multipart request with one file, received whole: small ones in memory, larger ones in a temporary file that goes with the
 * request. Enforces the size while bytes come in. Knows nothing of jobs.
 */
final class Upload {
    /** Each part may keep so much in memory, and {@link Routes} lets a request have so many parts. */
    private static final int IN_MEMORY_BYTES = 64 << 10;

    private static final int FIELD_BYTES = 64 << 10;
    private static final String FILE = "file";

    /** Controls, halves of characters, line ends and what turns the direction of writing; joiners within emoji stay. */
    private static final Pattern UNSAFE =
            Pattern.compile("[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\u061C\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u2069\\uFEFF]");

    private final Part file;
    private final Map<String, String> fields;

    private Upload(Part file, Map<String, String> fields) {
        this.file = file;
        this.fields = fields;
    }

    /**
     * @param maxBytes largest file
     * @param directory for temporary files; made anew when somebody has tidied it away
     */
    static Upload receive(Context ctx, long maxBytes, Path directory) {
        long maxRequest = maxBytes + 16L * FIELD_BYTES;
        if (ctx.req().getContentLengthLong() > maxRequest) {
            throw tooLarge(maxBytes);
        }
        var limits = new MultipartConfigElement(made(directory), maxBytes, maxRequest, IN_MEMORY_BYTES);
        ctx.req().setAttribute("org.eclipse.jetty.multipartConfig", limits);
        var files = new ArrayList<Part>();
        var fields = new LinkedHashMap<String, String>();
        for (var part : parts(ctx, maxBytes)) {
            if (part.getName().equals(FILE)) {
                files.add(part);
            } else if (fields.put(part.getName(), text(part)) != null) {
                throw ApiError.invalid(part.getName(), "was sent more than once");
            }
        }
        return new Upload(only(files), fields);
    }

    Map<String, String> fields() {
        return fields;
    }

    /** The sender's name for the file without directories and control characters; for display, never for a path. */
    String filename() {
        var name = file.getSubmittedFileName() == null ? "" : file.getSubmittedFileName();
        var last = name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
        var clean = UNSAFE.matcher(last).replaceAll("").strip();
        if (clean.isEmpty() || clean.chars().allMatch(c -> c == '.')) {
            return "unnamed";
        }
        return clean.codePointCount(0, clean.length()) <= 255
                ? clean
                : clean.substring(0, clean.offsetByCodePoints(0, 255));
    }

    String contentType() {
        var type = file.getContentType();
        return type != null && type.matches("[\\x20-\\x7E]{1,255}") ? type : "application/octet-stream";
    }

    InputStream open() throws IOException {
        return file.getInputStream();
    }

    private static String made(Path directory) {
        try {
            return Files.createDirectories(directory).toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Iterable<Part> parts(Context ctx, long maxBytes) {
        try {
            return ctx.req().getParts();
        } catch (IllegalStateException | IOException | ServletException e) {
            if (says(e, "exceeded") && !says(e, "headers")) {
                throw tooLarge(maxBytes);
            }
            throw new ApiError(
                    ErrorCode.MALFORMED_MULTIPART,
                    null,
                    says(e, "too many keys")
                            ? "a form may have at most " + Routes.MAX_FORM_PARTS + " parts"
                            : "the multipart body ends early, has no boundary, or has a part with bad headers or no name");
        }
    }

    /** The server tells its reasons apart by words only. */
    private static boolean says(Throwable e, String words) {
        for (var cause = e; cause != null; cause = cause.getCause()) {
            if (String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT).contains(words)) {
                return true;
            }
        }
        return false;
    }

    private static Part only(List<Part> files) {
        if (files.isEmpty()) {
            throw new ApiError(ErrorCode.MISSING_FILE, FILE, "send one file as the form field " + FILE);
        }
        if (files.size() > 1) {
            throw new ApiError(ErrorCode.TOO_MANY_FILES, FILE, files.size() + " files were sent, one is taken");
        }
        if (files.get(0).getSize() == 0) {
            throw new ApiError(ErrorCode.EMPTY_FILE, FILE, "the file has no bytes");
        }
        return files.get(0);
    }

    private static String text(Part part) {
        if (part.getSize() > FIELD_BYTES) {
            throw ApiError.invalid(part.getName(), "must not be longer than " + FIELD_BYTES + " bytes");
        }
        try (var bytes = part.getInputStream()) {
            return new String(bytes.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static ApiError tooLarge(long maxBytes) {
        return new ApiError(ErrorCode.BODY_TOO_LARGE, FILE, "a file may have at most " + maxBytes + " bytes");
    }
}
