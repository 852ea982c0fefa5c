package io.jobtrail.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.Writer;

/**
 * The one JSON mapper: snake_case, RFC 3339 times, bounded nesting. {@link #forDatabase} writes text that jsonb takes: NUL
 * and lone surrogates, which it refuses, become U+FFFD.
 */
public final class Json {
    /** How deep JSON from outside may be nested: more than any caller needs, and far less than exhausts a stack. */
    public static final int MAX_DEPTH = 100;

    /** What is stored may wrap what came from outside, and what is read back what is stored. */
    private static final int MAX_STORED_DEPTH = MAX_DEPTH + 10;

    public static final ObjectMapper MAPPER = mapper(MAX_DEPTH);
    private static final ObjectMapper STORED = mapper(MAX_STORED_DEPTH);

    private Json() {}

    private static ObjectMapper mapper(int maxDepth) {
        var factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(maxDepth)
                        .build())
                .build();
        return JsonMapper.builder(factory)
                .addModule(new JavaTimeModule())
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }

    /** Reads what the database gave. Null stays null. */
    public static <T> T readStored(String json, TypeReference<T> type) {
        try {
            return json == null ? null : STORED.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the database gave JSON of another kind than was stored", e);
        }
    }

    public static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot be written as JSON: " + e.getOriginalMessage(), e);
        }
    }

    /**
     * JSON text that jsonb accepts.
     *
     * @throws IllegalArgumentException for what JSON cannot say (NaN, infinity, cycles, no properties) or what is nested too deeply
     */
    public static String forDatabase(Object value) {
        return forDatabase(value, Integer.MAX_VALUE);
    }

    /** @throws TooLarge as soon as the text has more characters than that; never holds much more in memory */
    public static String forDatabase(Object value, int maxChars) {
        var text = new BoundedWriter(maxChars);
        try (var generator = new StoredJsonGenerator(MAPPER.createGenerator(text), MAX_STORED_DEPTH)) {
            MAPPER.writeValue(generator, value);
        } catch (IOException e) {
            if (text.isFull()) {
                throw new TooLarge(maxChars);
            }
            throw new IllegalArgumentException("cannot be written as JSON: " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw new IllegalArgumentException("cannot be written as JSON: nested too deeply", e);
        }
        return text.toString();
    }

    /** Whether Postgres can store the text as it is: there is no NUL in it, and no half of a surrogate pair. */
    public static boolean isStorable(String text) {
        return text.chars().noneMatch(c -> c == 0 || Character.isSurrogate((char) c))
                || text.codePoints().allMatch(Json::isStorable);
    }

    private static boolean isStorable(int codePoint) {
        return codePoint != 0 && (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE);
    }

    /** The text without what Postgres cannot store: NUL and lone surrogates become U+FFFD. Null stays null. */
    public static String clean(String text) {
        if (text == null || isStorable(text)) {
            return text;
        }
        var clean = new StringBuilder(text.length());
        text.codePoints().map(c -> isStorable(c) ? c : 0xFFFD).forEach(clean::appendCodePoint);
        return clean.toString();
    }

    /** A value would need more characters of JSON than are allowed. */
    public static final class TooLarge extends IllegalArgumentException {
        TooLarge(int maxChars) {
            super("has more than " + maxChars + " characters as JSON");
        }
    }

    private static final class BoundedWriter extends Writer {
        private final StringBuilder text = new StringBuilder();
        private final int maxChars;
        private boolean full;

        BoundedWriter(int maxChars) {
            this.maxChars = maxChars;
        }

        boolean isFull() {
            return full;
        }

        @Override
        public void write(char[] chars, int offset, int length) throws IOException {
            if (length > maxChars - text.length()) {
                full = true;
                throw new IOException("no room for more");
            }
            text.append(chars, offset, length);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
