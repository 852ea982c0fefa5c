package io.jobtrail.bench.speed;

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
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;

/** What the figures depend on beside the programs: machine, disk, versions, and how they were set up. */
final class Machine {
    private static final int FLUSHES = 200;

    /** Libraries of the contestants: what they are called, and where their jar tells its version. */
    private static final Map<String, String> LIBRARIES = Map.of(
            "jesque", "net.greghaines/jesque",
            "db-scheduler", "com.github.kagkarlsson/db-scheduler",
            "pgjdbc", "org.postgresql/postgresql",
            "HikariCP", "com.zaxxer/HikariCP");

    private Machine() {}

    /** @param directory on the disk of the servers */
    static Map<String, String> facts(Path directory) {
        var facts = new LinkedHashMap<String, String>();
        facts.put("measured at", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put("processor", inFile("/proc/cpuinfo", "model name\\s*:\\s*(.+)"));
        facts.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("memory kB", inFile("/proc/meminfo", "MemTotal:\\s*(\\d+)"));
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("flush of 8 kB, median ms", String.format(Locale.ROOT, "%.3f", flushMillis(directory)));
        facts.put("java", System.getProperty("java.runtime.version") + ", " + System.getProperty("java.vm.name"));
        LIBRARIES.keySet().stream()
                .sorted()
                .forEach(name -> facts.put(name + " version", version(LIBRARIES.get(name))));
        facts.put("worker", "one process, " + Backends.THREADS + " threads, java " + Bout.WORKER_HEAP);
        facts.put(
                "producers",
                "one process, %d threads, at most %,d jobs ahead of the handlers"
                        .formatted(Produce.THREADS, Produce.BACKLOG));
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

    private static String version(String artifact) {
        try (var file = Machine.class.getResourceAsStream("/META-INF/maven/" + artifact + "/pom.properties")) {
            if (file == null) {
                return "unknown";
            }
            var properties = new Properties();
            properties.load(file);
            return properties.getProperty("version");
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
