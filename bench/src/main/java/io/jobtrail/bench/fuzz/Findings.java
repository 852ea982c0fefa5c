package io.jobtrail.bench.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Every violation that was found, told once for each rule and operation with how often it was met; the first requests of each are
 * kept as files that can be sent again. For many threads.
 */
final class Findings {
    private static final int KEPT_OF_A_KIND = 3;

    private record Kind(Violation.Rule rule, String operation) {}

    private record Met(int times, String first) {}

    private final Path directory;
    private final Map<Kind, Met> met = new LinkedHashMap<>();

    /** @param directory where the requests go, made when there is one */
    Findings(Path directory) {
        this.directory = directory;
    }

    /** @param request with stand-ins, as it can be sent to another system */
    synchronized void add(Violation violation, String operation, byte[] request) {
        var kind = new Kind(violation.rule(), operation);
        int before = met.containsKey(kind) ? met.get(kind).times() : 0;
        var file = directory.resolve("%03d-%s-%d.http"
                .formatted(
                        before == 0 ? met.size() + 1 : number(kind),
                        violation.rule().name().toLowerCase(Locale.ROOT),
                        before + 1));
        if (before < KEPT_OF_A_KIND) {
            write(file, request);
        }
        met.put(
                kind,
                before == 0
                        ? new Met(1, violation + "\n    " + file)
                        : new Met(before + 1, met.get(kind).first()));
    }

    /** About the system, not about one request. */
    synchronized void add(Violation violation) {
        met.merge(
                new Kind(violation.rule(), violation.detail()),
                new Met(1, violation.toString()),
                (one, other) -> new Met(one.times() + 1, one.first()));
    }

    private int number(Kind kind) {
        return new ArrayList<>(met.keySet()).indexOf(kind) + 1;
    }

    private static void write(Path file, byte[] request) {
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, request);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized boolean isEmpty() {
        return met.isEmpty();
    }

    @Override
    public synchronized String toString() {
        var lines = new StringBuilder();
        met.forEach(
                (kind, one) -> lines.append("%d x %s%n    %s%n".formatted(one.times(), kind.operation(), one.first())));
        return lines.toString();
    }
}
