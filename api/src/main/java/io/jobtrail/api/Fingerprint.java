package io.jobtrail.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import io.jobtrail.config.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Tells whether two submissions with the same idempotency key ask for the same thing. The same are: handler, bytes of the file,
 * input and options, whatever the order of keys in JSON. Queue, run_after, max_attempts and timeout_sec say how, not what, and do
 * not count.
 */
final class Fingerprint {
    private static final ObjectWriter SORTED = Json.MAPPER.writer().with(JsonNodeFeature.WRITE_PROPERTIES_SORTED);

    private Fingerprint() {}

    /**
     * @param sha256 of the file; null when there is none
     * @param input JSON object; null is the same as an empty one
     * @param options JSON object or null
     */
    static String of(String handler, String sha256, JsonNode input, JsonNode options) {
        var content = Json.MAPPER.createObjectNode().put("handler", handler).put("sha256", sha256);
        content.set("input", input == null && sha256 == null ? Json.MAPPER.createObjectNode() : input);
        content.set("options", options);
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of()
                    .formatHex(digest.digest(SORTED.writeValueAsString(content).getBytes(StandardCharsets.UTF_8)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("what was read as JSON can be written as JSON", e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
