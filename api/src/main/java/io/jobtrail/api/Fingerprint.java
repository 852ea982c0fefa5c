package io.jobtrail.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import io.jobtrail.config.Json;
import io.jobtrail.document.Sha256;

/**
 * Tells whether two submissions with the same idempotency key ask for the same thing. The same are: handler, bytes of the file,
 * input, options and whether there is a review, whatever the order of keys in JSON. Queue, run_after, max_attempts and timeout_sec say how, not what, and do
 * not count. Work on an object in S3 has no other idempotency key than this, unless the caller gives one.
 */
final class Fingerprint {
    private static final ObjectWriter SORTED = Json.MAPPER.writer().with(JsonNodeFeature.WRITE_PROPERTIES_SORTED);

    private Fingerprint() {}

    /**
     * @param document sha256 of the file, or what names it where it lies; null when there is none
     * @param input JSON object; null is the same as an empty one
     * @param options JSON object or null
     */
    static String of(String handler, String document, JsonNode input, JsonNode options, boolean review) {
        var content = Json.MAPPER.createObjectNode().put("handler", handler).put("sha256", document);
        content.set("input", input == null && document == null ? Json.MAPPER.createObjectNode() : input);
        content.set("options", options);
        if (review) {
            content.put("review", true); // else nothing, as keys without it are in databases
        }
        try {
            return Sha256.of(SORTED.writeValueAsString(content));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("what was read as JSON can be written as JSON", e);
        }
    }
}
