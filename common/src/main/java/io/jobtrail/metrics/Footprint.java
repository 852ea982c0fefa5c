package io.jobtrail.metrics;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** How long this process has been there and how much of the machine's memory it holds. Judges neither. */
public final class Footprint {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");

    private Footprint() {}

    /** Bytes of memory, heap and all else; empty where the system does not tell, which is everywhere but on Linux. */
    public static OptionalLong residentBytes() {
        try {
            var line = RESIDENT.matcher(Files.readString(STATUS));
            return line.find() ? OptionalLong.of(Long.parseLong(line.group(1)) << 10) : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    /** For the log, when a process has become ready: {@code 1.9 s after its start, 143 MB resident}. */
    public static String atReady() {
        var started = Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime());
        var seconds = Duration.between(started, Instant.now()).toMillis() / 1000.0;
        var resident = residentBytes();
        return String.format(Locale.ROOT, "%.1f s after its start", seconds)
                + (resident.isPresent() ? ", " + (resident.getAsLong() >> 20) + " MB resident" : "");
    }
}
