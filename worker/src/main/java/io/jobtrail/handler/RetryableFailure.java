package io.jobtrail.handler;

/** Thrown by a handler to give a failure a code of its own; the job is retried as after any other exception. */
public final class RetryableFailure extends RuntimeException {
    private final String code;

    /** @param code stable name for programs, in capitals with underscores, such as {@code PARSER_CRASHED} */
    public RetryableFailure(String code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public String code() {
        return code;
    }
}
