package io.jobtrail.handler;

/** Thrown by a handler when trying again may help: the attempt fails with this code, and the job is retried. */
public final class RetryableFailure extends RuntimeException {
    private final String code;

    /**
     * @param code stable name for programs, in capitals with underscores, such as {@code PARSER_CRASHED}
     * @param message what went wrong, for people
     */
    public RetryableFailure(String code, String message) {
        this(code, message, null);
    }

    public RetryableFailure(String code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public String code() {
        return code;
    }
}
