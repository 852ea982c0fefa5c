package io.jobtrail.bench.speed;

import io.jobtrail.bench.process.Checkout;
import io.jobtrail.bench.speed.peer.Backends;
import io.jobtrail.bench.speed.peer.Produce;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the figures depend on beside the programs: machine, disk, versions, and how they were set up. */
final class Machine {
    private static final int FLUSHES = 200;

    private static final List<String> LIBRARIES =
            List.of("common", "jesque", "db-scheduler", "jobrunr", "postgresql", "HikariCP");

    private Machine() {}

    /** @param directory on the disk of the servers */
    static Map<String, String> facts(Checkout checkout, Path directory) {
        var facts = new LinkedHashMap<String, String>();
        facts.put("measured at", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put("processor", inFile("/proc/cpuinfo", "model name\\s*:\\s*(.+)"));
        facts.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("memory kB", inFile("/proc/meminfo", "MemTotal:\\s*(\\d+)"));
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("load average before", inFile("/proc/loadavg", "(\\S+ \\S+ \\S+)"));
        facts.put("flush of 8 kB, median ms", String.format(Locale.ROOT, "%.3f", flushMillis(directory)));
        facts.put("java", System.getProperty("java.runtime.version") + ", " + System.getProperty("java.vm.name"));
        for (var library : LIBRARIES) {
            facts.put(library + " version", version(checkout.jar("bench").resolveSibling("lib"), library));
        }
        facts.put("javalin version", version(checkout.jar("api").resolveSibling("lib"), "javalin"));
        facts.put("worker", "one process, " + Backends.THREADS + " threads, java @docker/java.options " + Bout.HEAP);
        facts.put(
                "producers",
                "one process, %d threads, at most %,d jobs ahead of the handlers"
                        .formatted(Produce.THREADS, Windows.BACKLOG));
        return facts;
    }

    private static String inFile(String file, String pattern) {
        try {
            var found = Pattern.compile(pattern).matcher(Files.readString(Path.of(file)));
            return found.find() ? found.group(1) : "unknown";
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** As the names of the jars beside a program tell them. */
    private static String version(Path library, String artifact) {
        var jar = Pattern.compile(Pattern.quote(artifact) + "-(\\d.*)\\.jar");
        try (var jars = Files.list(library)) {
            return jars.map(file -> jar.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(matcher -> matcher.group(1))
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** What one commit has to wait for at least. */
    private static double flushMillis(Path directory) {
        var file = directory.resolve("flush-probe");
        var times = new double[FLUSHES];
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i < FLUSHES; i++) {
                channel.write(ByteBuffer.allocate(8_192), 0);
                long start = System.nanoTime();
                channel.force(false);
                times[i] = (System.nanoTime() - start) / 1e6;
            }
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Arrays.sort(times);
        return times[FLUSHES / 2];
    }
}
