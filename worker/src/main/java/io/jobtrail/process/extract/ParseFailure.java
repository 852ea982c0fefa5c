package io.jobtrail.process.extract;

import io.jobtrail.process.extract.Message.Answer;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.List;
import org.apache.tika.exception.EncryptedDocumentException;
import org.apache.tika.exception.TikaMemoryLimitException;
import org.apache.tika.exception.UnsupportedFormatException;

/** Says in one code what an exception out of a parser means for the job. */
final class ParseFailure {
    /** The only code that is worth another attempt. */
    static final String PARSER_CRASHED = "PARSER_CRASHED";

    /** What Linux says when it is not the file's fault; most of it comes as a plain {@link IOException}. */
    private static final List<String> MACHINE_FAULTS = List.of(
            "No space left on device",
            "Disk quota exceeded",
            "No such file or directory",
            "Read-only file system",
            "Permission denied",
            "Too many open files",
            "Cannot allocate memory",
            "Input/output error");

    private ParseFailure() {}

    static Answer answerFor(Throwable thrown) {
        for (Throwable e = thrown; e != null; e = e.getCause()) {
            String message = String.valueOf(e.getMessage());
            if (e instanceof EncryptedDocumentException || e instanceof org.apache.poi.EncryptedDocumentException) {
                return Answer.failed("ENCRYPTED", "the file is protected by a password");
            }
            if (isFaultOfTheMachine(e)) {
                return Answer.failed(PARSER_CRASHED, "the parser could not work: " + e);
            }
            if (e instanceof UnsupportedFormatException) {
                return Answer.failed("UNSUPPORTED_TYPE", message);
            }
            if (e instanceof OutOfMemoryError
                    || e instanceof StackOverflowError
                    || e instanceof TikaMemoryLimitException
                    || message.toLowerCase(java.util.Locale.ROOT)
                            .contains("zip bomb")) { // Tika and POI have no type for it
                return Answer.failed("EXTRACT_LIMIT", "the file unpacks to more than is allowed: " + describe(e));
            }
        }
        return Answer.failed("INPUT_CORRUPT", "the file cannot be read: " + describe(root(thrown)));
    }

    private static boolean isFaultOfTheMachine(Throwable e) {
        return e instanceof FileSystemException
                || e instanceof LinkageError
                || e instanceof IOException
                        && e.getMessage() != null
                        && MACHINE_FAULTS.stream().anyMatch(e.getMessage()::contains);
    }

    private static Throwable root(Throwable thrown) {
        Throwable root = thrown;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    private static String describe(Throwable e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
