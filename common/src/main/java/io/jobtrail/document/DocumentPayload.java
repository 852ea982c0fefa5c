package io.jobtrail.document;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a job's payload says about every document, wherever its bytes lie. Where they lie is added by who knows it. */
public final class DocumentPayload {
    private DocumentPayload() {}

    /** @param size in bytes */
    public static Map<String, Object> of(String filename, long size, String contentType) {
        var payload = new LinkedHashMap<String, Object>();
        payload.put("filename", filename);
        payload.put("size", size);
        payload.put("content_type", contentType);
        return payload;
    }
}
