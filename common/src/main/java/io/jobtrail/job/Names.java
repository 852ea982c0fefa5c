package io.jobtrail.job;

/** What names that travel through headers, paths and logs may look like: those of realms and handlers. */
public final class Names {
    /** To be said after the name of the field that breaks it. */
    public static final String RULE = "must be 1 to 64 letters, digits, '_', '.' or '-'";

    private Names() {}

    public static boolean isValid(String name) {
        return name.matches("[A-Za-z0-9_.-]{1,64}");
    }
}
