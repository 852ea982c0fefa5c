package io.jobtrail.process.extract;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;

/** The two messages between a worker and its parser process, and their form on the pipe. */
final class Message {
    private static final int LONGEST_TEXT = 1000;

    private Message() {}

    /** Asks for the text of {@code input} as a page file {@code output}. */
    record Request(Path input, Path output, long maxCharacters) {
        void writeTo(DataOutputStream out) throws IOException {
            out.writeUTF(input.toString());
            out.writeUTF(output.toString());
            out.writeLong(maxCharacters);
            out.flush();
        }

        static Request readFrom(DataInputStream in) throws IOException {
            return new Request(Path.of(in.readUTF()), Path.of(in.readUTF()), in.readLong());
        }
    }

    /**
     * Says how it went.
     *
     * @param code null when it went well
     * @param extraction null when it did not
     */
    record Answer(String code, String message, Extraction extraction) {
        static Answer failed(String code, String message) {
            return new Answer(code, message, null);
        }

        static Answer done(Extraction extraction) {
            return new Answer(null, null, extraction);
        }

        void writeTo(DataOutputStream out) throws IOException {
            out.writeBoolean(code == null);
            if (code != null) {
                writeText(out, code);
                writeText(out, message);
            } else {
                writeText(out, extraction.contentType());
                writeText(out, extraction.title());
                out.writeInt(extraction.pages() == null ? 0 : extraction.pages());
            }
            out.flush();
        }

        static Answer readFrom(DataInputStream in) throws IOException {
            if (!in.readBoolean()) {
                return failed(readText(in), readText(in));
            }
            String contentType = readText(in);
            String title = readText(in);
            int pages = in.readInt();
            return done(new Extraction(contentType, title, pages == 0 ? null : pages));
        }

        private static void writeText(DataOutputStream out, String text) throws IOException {
            String value = text == null ? "" : text;
            out.writeUTF(value.length() > LONGEST_TEXT ? value.substring(0, LONGEST_TEXT) : value);
        }

        private static String readText(DataInputStream in) throws IOException {
            String text = in.readUTF();
            return text.isEmpty() ? null : text;
        }
    }
}
