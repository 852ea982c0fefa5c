package io.jobtrail.config;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import java.io.IOException;

/** Writes only JSON that can be stored and read back: clean texts, finite numbers, bounded nesting. */
final class StoredJsonGenerator extends JsonGeneratorDelegate {
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

    private static void finite(double number) throws IOException {
        if (!Double.isFinite(number)) {
            throw new IOException("JSON has no " + number);
        }
    }
}
