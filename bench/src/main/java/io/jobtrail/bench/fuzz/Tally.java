package io.jobtrail.bench.fuzz;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/** How often each operation was answered with which status. For many threads. */
final class Tally {
    private final ConcurrentMap<String, ConcurrentMap<Integer, LongAdder>> counts = new ConcurrentHashMap<>();

    void count(Exchange exchange) {
        var byStatus = counts.computeIfAbsent(exchange.operation(), any -> new ConcurrentHashMap<>());
        int status =
                exchange.replies().isEmpty() ? 0 : exchange.replies().get(0).status();
        byStatus.computeIfAbsent(status, any -> new LongAdder()).increment();
    }

    long requests() {
        return byStatus().values().stream().mapToLong(Long::longValue).sum();
    }

    /** By first answer; 0 = none came. */
    Map<Integer, Long> byStatus() {
        var all = new TreeMap<Integer, Long>();
        counts.values().forEach(one -> one.forEach((status, count) -> all.merge(status, count.sum(), Long::sum)));
        return all;
    }

    long answered(String operation) {
        return counts.getOrDefault(operation, new ConcurrentHashMap<>()).entrySet().stream()
                .filter(count -> count.getKey() != 0)
                .mapToLong(count -> count.getValue().sum())
                .sum();
    }

    @Override
    public String toString() {
        return new TreeMap<>(counts)
                        .entrySet().stream()
                                .map(entry -> "%-42s %s".formatted(entry.getKey(), words(entry.getValue())))
                                .collect(Collectors.joining("\n"))
                + "\n%-42s %s".formatted("all " + requests(), words(byStatus()));
    }

    private static String words(Map<Integer, ?> byStatus) {
        return new TreeMap<>(byStatus)
                .entrySet().stream()
                        .map(entry ->
                                (entry.getKey() == 0 ? "none" : entry.getKey().toString()) + ":" + entry.getValue())
                        .collect(Collectors.joining(" "));
    }
}
