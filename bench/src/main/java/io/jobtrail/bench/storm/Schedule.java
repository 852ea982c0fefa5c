package io.jobtrail.bench.storm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;

/** When which fault strikes, decided before anything runs: the same seed gives the same, and so does the file it is written to. */
public record Schedule(List<Entry> entries) {

    /**
     * @param atMillis from the beginning
     * @param target number of the worker or of the link, from 0; of no meaning for the others
     * @param millis how long the fault lasts
     */
    public record Entry(long atMillis, Fault fault, int target, int millis) {
        Victim.Link link() {
            return Victim.Link.values()[target % Victim.Link.values().length];
        }

        private String line() {
            return "%8d %-22s %d %5d".formatted(atMillis, fault.wireName(), target, millis);
        }

        private static Entry parse(String line) {
            var part = line.strip().split("\\s+");
            return new Entry(
                    Long.parseLong(part[0]), Fault.of(part[1]), Integer.parseInt(part[2]), Integer.parseInt(part[3]));
        }
    }

    /**
     * @param time within which faults begin
     * @param count how many
     * @param kinds which ones, each as often as its weight says
     * @param stop how long a worker is stopped at least
     */
    public static Schedule random(long seed, Duration time, int count, Set<Fault> kinds, int workers, Duration stop) {
        var random = new Random(seed);
        var bag = new ArrayList<Fault>();
        var entries = new ArrayList<Entry>();
        for (int i = 0; i < count; i++) {
            if (bag.isEmpty()) {
                // Drawn without putting back, so that a short run has every kind too.
                kinds.stream().sorted().forEach(kind -> bag.addAll(Collections.nCopies(kind.weight, kind)));
                Collections.shuffle(bag, random);
            }
            var fault = bag.remove(bag.size() - 1);
            var slot = time.toMillis() / (double) count;
            var at = (long) ((i + random.nextDouble()) * slot);
            var target = random.nextInt(fault.target == Fault.Target.LINK ? Victim.Link.values().length : workers);
            var millis = fault.minMillis + random.nextInt(fault.maxMillis - fault.minMillis + 1);
            entries.add(new Entry(
                    at, fault, target, fault == Fault.STOP_WORKER ? Math.max(millis, (int) stop.toMillis()) : millis));
        }
        entries.sort(Comparator.comparingLong(Entry::atMillis));
        return new Schedule(List.copyOf(entries));
    }

    Schedule only(Predicate<Entry> which) {
        return new Schedule(entries.stream().filter(which).toList());
    }

    public static Schedule read(Path file) {
        try {
            return new Schedule(Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(Entry::parse)
                    .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void write(Path file, long seed) {
        var lines =
                new ArrayList<>(List.of("# seed " + seed, "# milliseconds from the start, fault, target, duration"));
        entries.forEach(entry -> lines.add(entry.line()));
        try {
            Files.write(file, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
