package io.jobtrail.bench.speed;

import io.jobtrail.bench.speed.peer.Backends;
import io.jobtrail.bench.speed.peer.Contestants;
import io.jobtrail.bench.speed.tally.Tally;
import java.util.Arrays;
import java.util.List;

/** From the beginning of the call that enqueues a job to the beginning of its handler, at rates far below the limit. */
final class Latency implements Workload {
    private static final List<Integer> RATES = List.of(50, 200);

    private final Arena arena;
    private final List<String> contestants;

    Latency(Arena arena, List<String> contestants) {
        this.arena = arena;
        this.contestants = contestants;
    }

    @Override
    public List<String> names() {
        return RATES.stream().map(Latency::name).toList();
    }

    private static String name(int rate) {
        return "latency-" + rate;
    }

    @Override
    public List<String> entrants(boolean flushMatters) {
        return contestants.stream()
                .filter(name -> Contestants.named(name).hasQueue())
                .filter(name -> !flushMatters || Contestants.named(name).usesPostgres())
                .toList();
    }

    @Override
    public void measure(String entrant, Windows windows, Sink sink) throws Exception {
        var contestant = Contestants.named(entrant);
        var backends = arena.servers().fresh(contestant);
        arena.servers().settle();
        try (var bout = new Bout(arena, contestant, backends)) {
            bout.startWorker(Backends.THREADS);
            for (int rate : RATES) {
                add(sink, name(rate), measure(bout, rate, windows));
            }
            bout.finish(backends.produced().count());
        }
    }

    private static double[] measure(Bout bout, int rate, Windows windows) throws InterruptedException {
        var producer = bout.startProducer(rate);
        bout.awaitStart(bout.handled().count());
        bout.pause(windows.warmUp());
        long from = Tally.now();
        bout.pause(windows.latency());
        long to = Tally.now();
        bout.stop(producer);
        bout.awaitHandled(bout.backends().produced().count(), windows.latency().plusSeconds(60));
        return bout.handled().entries().stream()
                .filter(entry -> entry.first() >= from && entry.first() < to)
                .mapToDouble(entry -> (entry.second() - entry.first()) / 1e3)
                .sorted()
                .toArray();
    }

    private static void add(Sink sink, String workload, double[] sorted) {
        sink.add(workload, "p50", percentile(sorted, 0.5), "ms");
        sink.add(workload, "p95", percentile(sorted, 0.95), "ms");
        sink.add(workload, "p99", percentile(sorted, 0.99), "ms");
        sink.add(workload, "max", Arrays.stream(sorted).max().orElse(Double.NaN), "ms");
    }

    /** The smallest value that so large a part of all does not exceed. */
    static double percentile(double[] sorted, double part) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.ceil(part * sorted.length) - 1];
    }
}
