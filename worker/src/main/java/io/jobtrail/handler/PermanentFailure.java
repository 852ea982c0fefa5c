package io.jobtrail.handler;

/** Thrown by a handler when trying again cannot help: the job fails at once, with this code. */
public final class PermanentFailure extends RuntimeException {
    private final String code;

    /**
     * @param code stable name for programs, in capitals with underscores, such as {@code INPUT_CORRUPT}
     * @param message what is wrong, for people
     */
    public PermanentFailure(String code, String message) {
        this(code, message, null);
    }

    public PermanentFailure(String code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public String code() {
        return code;
    }
}
