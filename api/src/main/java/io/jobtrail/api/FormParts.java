package io.jobtrail.api;

import io.jobtrail.api.Staging.StagedFile;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.BufferUtil;

/**
 * The parts of a multipart form, taken as they come in: text fields, and the bytes of files. The parser is the web server's; its
 * own way of keeping parts has no limit for what all requests together keep in memory. A form that cannot be read or is too
 * much is refused at once, and its rest is left to {@link UnreadBodies}. What else is wrong with it is told when all of it was read.
 */
final class FormParts extends MultiPart.AbstractPartsListener implements AutoCloseable {
    private static final int BUFFER_BYTES = 8 << 10;

    /** Far more than the fields that are known; keeps a form of very many small parts from filling the memory. */
    private static final int MAX_PARTS = 100;

    private static final int MAX_HEADER_BYTES = 8 << 10;
    private static final int MAX_FIELD_BYTES = 64 << 10;

    /** For all of a body that is not the files. */
    private static final int MAX_OTHER_BYTES = 1 << 20;

    /** The headers of one more file. */
    private static final int MORE_FOR_EACH_FILE = 1 << 10;

    private final Rule rule;
    private final Supplier<StagedFile> newFile;
    private final Map<String, String> fields = new LinkedHashMap<>();
    private final ByteArrayOutputStream field = new ByteArrayOutputStream();
    private final List<UploadedFile> files = new ArrayList<>();
    private int fieldBytes; // of all fields
    private int parts;
    private int filesSent;
    private long fileBytes; // of all files that are complete
    private StagedFile file; // that is coming in; null between two
    private ApiError refusal;
    private Throwable failure;

    /**
     * Which files a form may bring.
     *
     * @param field name of the part that each of them is
     * @param maxBytes largest file
     * @param maxTotalBytes all of them together
     */
    record Rule(String field, int maxFiles, long maxBytes, long maxTotalBytes) {
        static Rule oneFile(long maxBytes) {
            return new Rule("file", 1, maxBytes, maxBytes);
        }

        /** How the file of this number, from 0 on, is told to the sender. */
        private String name(int number) {
            return maxFiles == 1 ? field : field + "[" + number + "]";
        }

        private int maxParts() {
            return MAX_PARTS + maxFiles - 1;
        }

        private long maxBodyBytes() {
            return maxTotalBytes + MAX_OTHER_BYTES + (long) MORE_FOR_EACH_FILE * (maxFiles - 1);
        }
    }

    /** @param newFile gets the bytes of one file; closed with this */
    FormParts(Rule rule, Supplier<StagedFile> newFile) {
        this.rule = rule;
        this.newFile = newFile;
    }

    void read(HttpServletRequest request) {
        refuseTooLarge(request.getContentLengthLong());
        parse(request, boundary(request.getContentType()));
        if (refusal != null) {
            throw refusal;
        }
        requireFiles();
    }

    private static String boundary(String contentType) {
        try {
            var boundary = MultiPart.extractBoundary(contentType);
            if (boundary != null && !boundary.isEmpty()) {
                return boundary;
            }
        } catch (IllegalArgumentException e) {
            // a quote without its end; answered below
        }
        throw malformed();
    }

    private void parse(HttpServletRequest request, String boundary) {
        var parser = new MultiPart.Parser(boundary, this);
        parser.setPartHeadersMaxLength(MAX_HEADER_BYTES);
        parser.setMaxParts(-1); // counted here, to say what is too many
        var buffer = new byte[BUFFER_BYTES];
        long length = 0;
        for (int count; (count = receive(request, buffer)) >= 0; ) {
            length += count;
            refuseTooLarge(length);
            parser.parse(Content.Chunk.from(ByteBuffer.wrap(buffer, 0, count), false));
            throwFailure();
        }
        parser.parse(Content.Chunk.EOF);
        throwFailure();
    }

    private static int receive(HttpServletRequest request, byte[] buffer) {
        try {
            return request.getInputStream().read(buffer);
        } catch (IOException e) {
            SlowBodies.refuseSilence(e);
            throw malformed(); // the sender has left
        }
    }

    /** @param length of the body, declared or received so far */
    private void refuseTooLarge(long length) {
        if (length > rule.maxBodyBytes()) {
            throw rule.maxFiles() == 1 ? tooLarge(0) : tooLargeTogether();
        }
    }

    private void requireFiles() {
        if (filesSent == 0) {
            throw new ApiError(
                    ErrorCode.MISSING_FILE,
                    rule.field(),
                    rule.maxFiles() == 1
                            ? "send one file as the form field " + rule.field()
                            : "send each file as a form field " + rule.field());
        }
        if (filesSent > rule.maxFiles()) {
            throw new ApiError(
                    ErrorCode.TOO_MANY_FILES,
                    rule.field(),
                    filesSent + " files were sent, "
                            + (rule.maxFiles() == 1 ? "one is taken" : "at most " + rule.maxFiles() + " are taken"));
        }
        for (int i = 0; i < files.size(); i++) {
            if (files.get(i).size() == 0) {
                throw new ApiError(ErrorCode.EMPTY_FILE, rule.name(i), "the file has no bytes");
            }
        }
    }

    Map<String, String> fields() {
        return fields;
    }

    List<UploadedFile> files() {
        return files;
    }

    // What is thrown below, the parser would swallow, errors too: it is kept, and thrown once the parser has returned.

    @Override
    public void onPartBegin() {
        if (++parts > rule.maxParts()) {
            fail(malformed("a form may have at most " + rule.maxParts() + " parts"));
        }
    }

    @Override
    public void onPartContent(Content.Chunk chunk) {
        try {
            if (!rule.field().equals(getName())) {
                takeText(chunk.getByteBuffer());
            } else if (filesSent < rule.maxFiles()) {
                takeFile(chunk.getByteBuffer());
            }
        } catch (Throwable e) {
            fail(e);
        }
    }

    private void takeText(ByteBuffer bytes) throws IOException {
        fieldBytes += bytes.remaining();
        if (fieldBytes <= MAX_FIELD_BYTES) {
            BufferUtil.writeTo(bytes, field);
        } else {
            refuse(ApiError.invalid(
                    getName(), "must not be longer than " + MAX_FIELD_BYTES + " bytes together with the other fields"));
        }
    }

    private void takeFile(ByteBuffer bytes) throws IOException {
        long size = file().size() + bytes.remaining();
        if (size > rule.maxBytes()) {
            throw tooLarge(filesSent);
        }
        if (fileBytes + size > rule.maxTotalBytes()) {
            throw tooLargeTogether();
        }
        file().write(bytes);
    }

    private StagedFile file() {
        if (file == null) {
            file = newFile.get();
        }
        return file;
    }

    @Override
    public void onPart(String name, String filename, HttpFields headers) {
        try {
            if (name == null) {
                throw malformed();
            } else if (!name.equals(rule.field())) {
                if (fields.put(name, field.toString(StandardCharsets.UTF_8)) != null) {
                    refuse(ApiError.invalid(name, "was sent more than once"));
                }
                field.reset();
            } else if (++filesSent <= rule.maxFiles()) {
                var whole = file();
                files.add(new UploadedFile(filename, headers.get(HttpHeader.CONTENT_TYPE), whole));
                file = null;
                whole.complete();
                fileBytes += whole.size();
            }
        } catch (Throwable e) {
            fail(e);
        }
    }

    @Override
    public void onFailure(Throwable e) {
        fail(malformed());
    }

    private void refuse(ApiError e) {
        refusal = refusal == null ? e : refusal;
    }

    private void fail(Throwable e) {
        failure = failure == null ? e : failure;
    }

    private void throwFailure() {
        if (failure instanceof ApiError e) {
            throw e;
        }
        if (failure != null) {
            throw new IllegalStateException("a part of the form cannot be kept", failure);
        }
    }

    private static ApiError malformed() {
        return malformed(
                "the multipart body ends early, has no boundary, or has a part with bad headers, with more than "
                        + MAX_HEADER_BYTES + " bytes of them, or with no name");
    }

    private static ApiError malformed(String detail) {
        return new ApiError(ErrorCode.MALFORMED_MULTIPART, null, detail);
    }

    private ApiError tooLarge(int number) {
        return new ApiError(
                ErrorCode.BODY_TOO_LARGE, rule.name(number), "a file may have at most " + rule.maxBytes() + " bytes");
    }

    private ApiError tooLargeTogether() {
        return new ApiError(
                ErrorCode.BODY_TOO_LARGE,
                rule.field(),
                "all files together may have at most " + rule.maxTotalBytes() + " bytes");
    }

    @Override
    public void close() {
        files.forEach(whole -> whole.bytes().close());
        if (file != null) {
            file.close();
        }
    }
}
