package io.jobtrail.testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import redis.embedded.core.ExecutableProvider;
import redis.embedded.model.OsArchitecture;

/** The {@code redis-server} program: the machine's own when it has one, else the embedded one. It starts nothing. */
record RedisBinary(Path program, boolean isEmbedded) {

    static RedisBinary find() {
        return Embedded.isForced() ? embedded() : installed().orElseGet(RedisBinary::embedded);
    }

    static Optional<RedisBinary> installed() {
        return Isolation.onPath("redis-server").map(program -> new RedisBinary(program, false));
    }

    /**
     * @throws IllegalStateException when there is no embedded program for this machine
     */
    static RedisBinary embedded() {
        OsArchitecture machine = OsArchitecture.detectOSandArchitecture();
        String resource = ExecutableProvider.newProvidedVersionsMap().get(machine);
        if (resource == null) {
            throw new IllegalStateException("There is no embedded Redis for this machine (" + machine.os + ", "
                    + machine.arch + "). Install redis-server or set REDIS_URL.");
        }
        try (InputStream program = ExecutableProvider.class.getResourceAsStream(resource)) {
            return new RedisBinary(Embedded.unpackProgram("redis-server", program), true);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack the embedded Redis", e);
        }
    }

    /** What to do when this program does not start. */
    String advice() {
        return isEmbedded
                ? "The embedded Redis needs OpenSSL 3 (libssl3) on Linux. Install that, or a Redis of your own"
                        + " (Debian and Ubuntu: apt-get install redis-server), or set REDIS_URL."
                : "Set JOBTRAIL_TESTBED=embedded to use the embedded Redis instead of " + program
                        + ", or REDIS_URL to use another server.";
    }
}
