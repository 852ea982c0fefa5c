package io.jobtrail.config;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;

/** Writes only JSON that can be stored and read back: clean texts, finite numbers of bounded length, bounded nesting. */
final class StoredJsonGenerator extends JsonGeneratorDelegate {
    /** jsonb spells numbers out; longer ones, with sign and point, would be refused when they are read back. */
    private static final int MAX_DIGITS = StreamReadConstraints.DEFAULT_MAX_NUM_LEN - 2;

    private static final ObjectReader RAW =
            Json.MAPPER.readerFor(JsonNode.class).with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private final int maxDepth;

    StoredJsonGenerator(JsonGenerator target, int maxDepth) {
        super(target, false);
        this.maxDepth = maxDepth;
    }

    @Override
    public void writeString(String text) throws IOException {
        super.writeString(Json.clean(text));
    }

    @Override
    public void writeString(char[] text, int offset, int length) throws IOException {
        writeString(new String(text, offset, length));
    }

    @Override
    public void writeFieldName(String name) throws IOException {
        super.writeFieldName(Json.clean(name));
    }

    @Override
    public void writeFieldName(SerializableString name) throws IOException {
        super.writeFieldName(Json.clean(name.getValue()));
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
    public void writeNumber(BigDecimal number) throws IOException {
        bounded(number);
        super.writeNumber(number);
    }

    @Override
    public void writeNumber(BigInteger number) throws IOException {
        bounded(new BigDecimal(number));
        super.writeNumber(number);
    }

    @Override
    public void writeNumber(String number) throws IOException {
        try {
            writeNumber(new BigDecimal(number));
        } catch (NumberFormatException e) {
            throw new IOException("no number: " + e.getMessage(), e);
        }
    }

    @Override
    public void writeNumber(char[] number, int offset, int length) throws IOException {
        writeNumber(new String(number, offset, length));
    }

    /** What somebody else wrote as JSON is read first, so that it keeps to the same rules. */
    @Override
    public void writeRawValue(String json) throws IOException {
        writeTree(RAW.readTree(json));
    }

    @Override
    public void writeRawValue(String json, int offset, int length) throws IOException {
        writeRawValue(json.substring(offset, offset + length));
    }

    @Override
    public void writeRawValue(char[] json, int offset, int length) throws IOException {
        writeRawValue(new String(json, offset, length));
    }

    @Override
    public void writeRawValue(SerializableString json) throws IOException {
        writeRawValue(json.getValue());
    }

    @Override
    public void writeRaw(String text) throws IOException {
        throw unchecked();
    }

    @Override
    public void writeRaw(String text, int offset, int length) throws IOException {
        throw unchecked();
    }

    @Override
    public void writeRaw(char[] text, int offset, int length) throws IOException {
        throw unchecked();
    }

    @Override
    public void writeRaw(char character) throws IOException {
        throw unchecked();
    }

    @Override
    public void writeRaw(SerializableString text) throws IOException {
        throw unchecked();
    }

    @Override
    public void writeArray(double[] numbers, int offset, int length) throws IOException {
        for (int i = offset; i < offset + length; i++) {
            finite(numbers[i]);
        }
        super.writeArray(numbers, offset, length);
    }

    @Override
    public void writeStartObject() throws IOException {
        deeper();
        super.writeStartObject();
    }

    @Override
    public void writeStartObject(Object value) throws IOException {
        deeper();
        super.writeStartObject(value);
    }

    @Override
    public void writeStartObject(Object value, int size) throws IOException {
        deeper();
        super.writeStartObject(value, size);
    }

    @Override
    public void writeStartArray() throws IOException {
        deeper();
        super.writeStartArray();
    }

    @Override
    public void writeStartArray(Object value) throws IOException {
        deeper();
        super.writeStartArray(value);
    }

    @Override
    public void writeStartArray(Object value, int size) throws IOException {
        deeper();
        super.writeStartArray(value, size);
    }

    private void deeper() throws IOException {
        if (getOutputContext().getNestingDepth() >= maxDepth) {
            throw new IOException("nested more than " + maxDepth + " levels deep");
        }
    }

    private static void bounded(BigDecimal number) throws IOException {
        var digits = Math.max(1, (long) number.precision() - number.scale()) + Math.max(0, number.scale());
        if (digits > MAX_DIGITS) {
            throw new IOException("a number of more than " + MAX_DIGITS + " digits");
        }
    }

    private static IOException unchecked() {
        return new IOException("pieces of raw JSON cannot be checked");
    }

    private static void finite(double number) throws IOException {
        if (!Double.isFinite(number)) {
            throw new IOException("JSON has no " + number);
        }
    }
}
