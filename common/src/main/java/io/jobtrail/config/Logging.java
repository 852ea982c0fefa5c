package io.jobtrail.config;

import java.util.Map;

/** Chooses the form of the log. To be called by a Main before anything creates a logger. */
public final class Logging {
    private Logging() {}

    /** Reads {@code LOG_FORMAT}; anything but json means text here, and is reported as an error by {@link Settings}. */
    public static void configure(Map<String, String> environment) {
        var format = "json".equals(environment.get("LOG_FORMAT")) ? "json" : "text";
        System.setProperty("logback.configurationFile", "logback-" + format + ".xml");
    }
}
