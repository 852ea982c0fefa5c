package io.jobtrail.doctor;

/**
 * What one check has found.
 *
 * @param check its name
 * @param detail what is there, in words and without secrets
 * @param fix what to do about it; null when nothing has to be done
 */
public record Finding(String check, Verdict verdict, String detail, String fix) {
    /** Whether the processes can do their work with it. */
    public enum Verdict {
        OK("ok"),
        /** They can, but somebody should know. */
        WARNING("warn"),
        FAILURE("FAIL"),
        /** It could not be looked at, because of another failure. */
        SKIPPED("skip");

        private final String word;

        Verdict(String word) {
            this.word = word;
        }
    }

    public static Finding ok(String check, String detail) {
        return new Finding(check, Verdict.OK, detail, null);
    }

    public static Finding warning(String check, String detail, String fix) {
        return new Finding(check, Verdict.WARNING, detail, fix);
    }

    public static Finding failure(String check, String detail, String fix) {
        return new Finding(check, Verdict.FAILURE, detail, fix);
    }

    public static Finding skipped(String check, String because) {
        return new Finding(check, Verdict.SKIPPED, because, null);
    }

    /** One line, and one more for the fix. */
    @Override
    public String toString() {
        var line = "%-4s  %-11s %s".formatted(verdict.word, check, detail.replaceAll("\\s+", " "));
        return fix == null ? line : line + "\n%-4s  %-11s fix: %s".formatted("", "", fix);
    }
}
