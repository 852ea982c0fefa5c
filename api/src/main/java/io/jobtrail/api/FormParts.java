package io.jobtrail.api;

import io.jobtrail.api.Staging.StagedFile;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.BufferUtil;

/**
 * The parts of a multipart form, taken as they come in: text fields, and the bytes of one file. The parser is the web server's; its
 * own way of keeping parts has no limit for what all requests together keep in memory. A form that cannot be read or is too
 * much ends at once. What else is wrong with it is told when all of it was read, so that the connection can go on.
 */
final class FormParts extends MultiPart.AbstractPartsListener {
    private static final String FILE = "file";
    private static final int BUFFER_BYTES = 8 << 10;

    /** Far more than the fields that are known; keeps a form of very many small parts from filling the memory. */
    private static final int MAX_PARTS = 100;

    private static final int MAX_HEADER_BYTES = 8 << 10;
    private static final int MAX_FIELD_BYTES = 64 << 10;

    /** For all of a body that is not the file. */
    private static final int MAX_OTHER_BYTES = 1 << 20;

    private final long maxFileBytes;
    private final StagedFile file;
    private final Map<String, String> fields = new LinkedHashMap<>();
    private final ByteArrayOutputStream field = new ByteArrayOutputStream();
    private int fieldBytes; // of all fields
    private int parts;
    private int files;
    private String filename;
    private String contentType;
    private ApiError refusal;
    private Throwable failure;

    private FormParts(long maxFileBytes, StagedFile file) {
        this.maxFileBytes = maxFileBytes;
        this.file = file;
    }

    /**
     * @param maxFileBytes largest file
     * @param file gets the bytes
     */
    static FormParts read(HttpServletRequest request, long maxFileBytes, StagedFile file) {
        var form = new FormParts(maxFileBytes, file);
        form.refuseTooLarge(request.getContentLengthLong());
        var boundary = MultiPart.extractBoundary(request.getContentType());
        if (boundary == null || boundary.isEmpty()) {
            throw malformed();
        }
        form.parse(request, boundary);
        if (form.refusal != null) {
            throw form.refusal;
        }
        form.requireOneFile();
        return form;
    }

    private void parse(HttpServletRequest request, String boundary) {
        var parser = new MultiPart.Parser(boundary, this);
        parser.setPartHeadersMaxLength(MAX_HEADER_BYTES);
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
        } catch (IOException e) { // the sender has left, or fell silent
            throw malformed();
        }
    }

    /** @param length of the body, declared or received so far */
    private void refuseTooLarge(long length) {
        if (length > maxFileBytes + MAX_OTHER_BYTES) {
            throw tooLarge();
        }
    }

    private void requireOneFile() {
        if (files == 0) {
            throw new ApiError(ErrorCode.MISSING_FILE, FILE, "send one file as the form field " + FILE);
        }
        if (files > 1) {
            throw new ApiError(ErrorCode.TOO_MANY_FILES, FILE, files + " files were sent, one is taken");
        }
        if (file.size() == 0) {
            throw new ApiError(ErrorCode.EMPTY_FILE, FILE, "the file has no bytes");
        }
    }

    Map<String, String> fields() {
        return fields;
    }

    /** As it was sent; null when it was not. */
    String filename() {
        return filename;
    }

    /** Likewise. */
    String contentType() {
        return contentType;
    }

    // What is thrown below, the parser would swallow, errors too: it is kept, and thrown once the parser has returned.

    @Override
    public void onPartBegin() {
        if (++parts > MAX_PARTS) {
            fail(malformed("a form may have at most " + MAX_PARTS + " parts"));
        }
    }

    @Override
    public void onPartContent(Content.Chunk chunk) {
        try {
            if (!FILE.equals(getName())) {
                takeText(chunk.getByteBuffer());
            } else if (files == 0) {
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
        if (file.size() + bytes.remaining() > maxFileBytes) {
            throw tooLarge();
        }
        file.write(bytes);
    }

    @Override
    public void onPart(String name, String filename, HttpFields headers) {
        try {
            if (name == null) {
                throw malformed();
            } else if (!name.equals(FILE)) {
                if (fields.put(name, field.toString(StandardCharsets.UTF_8)) != null) {
                    refuse(ApiError.invalid(name, "was sent more than once"));
                }
                field.reset();
            } else if (++files == 1) {
                this.filename = filename;
                contentType = headers.get(HttpHeader.CONTENT_TYPE);
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
        return malformed("the multipart body ends early, has no boundary, or has a part with bad headers or no name");
    }

    private static ApiError malformed(String detail) {
        return new ApiError(ErrorCode.MALFORMED_MULTIPART, null, detail);
    }

    private ApiError tooLarge() {
        return new ApiError(ErrorCode.BODY_TOO_LARGE, FILE, "a file may have at most " + maxFileBytes + " bytes");
    }
}
