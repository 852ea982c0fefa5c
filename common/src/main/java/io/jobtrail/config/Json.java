package io.jobtrail.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.StringWriter;

/**
 * The one JSON mapper: snake_case, RFC 3339 times, bounded nesting. {@link #forDatabase} writes text that jsonb takes: NUL
 * and lone surrogates, which it refuses, become U+FFFD.
 */
public final class Json {
    /** Deeper nesting than any caller needs, and far less than exhausts a stack. */
    private static final int MAX_DEPTH = 100;

    public static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .build())
            .addModule(new JavaTimeModule())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    public static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot be written as JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** JSON text that jsonb accepts. Throws IllegalArgumentException for what JSON cannot say: NaN, infinity, cycles, no properties. */
    public static String forDatabase(Object value) {
        var text = new StringWriter();
        try (var generator = new CleanGenerator(MAPPER.createGenerator(text))) {
            MAPPER.writeValue(generator, value);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot be written as JSON: " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw new IllegalArgumentException("cannot be written as JSON: nested too deeply", e);
        }
        return text.toString();
    }

    /** The text without what Postgres cannot store: NUL and lone surrogates become U+FFFD. Null stays null. */
    public static String clean(String text) {
        if (text == null || text.chars().noneMatch(c -> c == 0 || Character.isSurrogate((char) c))) {
            return text;
        }
        var clean = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> c == 0 || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                .forEach(clean::appendCodePoint);
        return clean.toString();
    }

    private static final class CleanGenerator extends JsonGeneratorDelegate {
        CleanGenerator(JsonGenerator target) {
            super(target, false);
        }

        @Override
        public void writeString(String text) throws IOException {
            super.writeString(clean(text));
        }

        @Override
        public void writeString(char[] text, int offset, int length) throws IOException {
            writeString(new String(text, offset, length));
        }

        @Override
        public void writeFieldName(String name) throws IOException {
            super.writeFieldName(clean(name));
        }

        @Override
        public void writeFieldName(com.fasterxml.jackson.core.SerializableString name) throws IOException {
            super.writeFieldName(clean(name.getValue()));
        }

        @Override
        public void writeNumber(double number) throws IOException {
            finite(number);
            super.writeNumber(number);
        }

        @Override
        public void writeNumber(float number) throws IOException {
            finite(number);
            super.writeNumber(number);
        }

        @Override
        public void writeArray(double[] numbers, int offset, int length) throws IOException {
            for (int i = offset; i < offset + length; i++) {
                finite(numbers[i]);
            }
            super.writeArray(numbers, offset, length);
        }

        private static void finite(double number) throws IOException {
            if (!Double.isFinite(number)) {
                throw new IOException("JSON has no " + number);
            }
        }
    }
}
