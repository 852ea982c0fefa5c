package io.jobtrail.process;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Everything about document processing that can be set.
 *
 * @param embeddingsUrl base of an OpenAI-compatible service, such as {@code https://api.openai.com/v1}; null for the built-in
 *     lexical embedding
 * @param embeddingsKey sent as bearer token; null when the service wants none
 * @param embeddingsModel null for {@value #DEFAULT_MODEL}
 * @param parserHeapMb heap of each parser process, in megabytes
 * @param parserTimeout wall clock time that one document may take to parse
 * @param maxCharacters a document with more text than this is refused
 * @param chunkTokens budget of a chunk, in estimated tokens
 * @param overlapTokens how much of a chunk may be repeated at the start of the next one; less than half of the budget
 * @param tempDir where working files may lie; existing directory
 * @param parsers how many documents may be parsed at the same time, each in a process of its own
 */
public record ProcessSettings(
        URI embeddingsUrl,
        String embeddingsKey,
        String embeddingsModel,
        int parserHeapMb,
        Duration parserTimeout,
        long maxCharacters,
        int chunkTokens,
        int overlapTokens,
        Path tempDir,
        int parsers) {

    static final String DEFAULT_MODEL = "text-embedding-3-small";

    public ProcessSettings {
        require(parserHeapMb >= 64, "parserHeapMb must be at least 64");
        require(parserTimeout.toMillis() > 0, "parserTimeout must be positive");
        require(maxCharacters > 0, "maxCharacters must be positive");
        require(chunkTokens >= 10, "chunkTokens must be at least 10");
        require(
                overlapTokens >= 0 && overlapTokens * 2 < chunkTokens,
                "overlapTokens must be under half of chunkTokens");
        require(parsers > 0, "parsers must be positive");
        embeddingsModel = embeddingsModel == null ? DEFAULT_MODEL : embeddingsModel;
    }

    /** Built-in embedding, working files in the system's temporary directory, and the values that suit most documents. */
    public static ProcessSettings defaults(int parsers) {
        return new ProcessSettings(
                null,
                null,
                null,
                512,
                Duration.ofMinutes(10),
                250_000_000,
                400,
                50,
                Path.of(System.getProperty("java.io.tmpdir")),
                parsers);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Without the key: settings end up in logs. */
    @Override
    public String toString() {
        return "ProcessSettings[embeddingsUrl=%s, embeddingsModel=%s, parserHeapMb=%d, parserTimeout=%s, parsers=%d]"
                .formatted(embeddingsUrl, embeddingsModel, parserHeapMb, parserTimeout, parsers);
    }
}
