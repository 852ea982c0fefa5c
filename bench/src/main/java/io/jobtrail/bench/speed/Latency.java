package io.jobtrail.bench.speed;

import io.jobtrail.bench.speed.peer.Backends;
import io.jobtrail.bench.speed.peer.Contestants;
import io.jobtrail.bench.speed.tally.Tally;
import java.time.Duration;
import java.util.List;

/** From the beginning of the call that enqueues a job to the beginning of its handler, at rates far below the limit. */
final class Latency implements Workload {
    private static final List<Integer> RATES = List.of(50, 200);

    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Arena arena;

    Latency(Arena arena) {
        this.arena = arena;
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
        return arena.contestants(flushMatters).stream()
                .filter(name -> Contestants.named(name).hasQueue())
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
                Percentiles.add(sink, name(rate), measure(bout, rate, windows));
            }
            bout.finish(backends.produced().count());
        }
    }

    private static double[] measure(Bout bout, int rate, Windows windows) throws InterruptedException {
        var producer = bout.startProducer((double) rate);
        bout.awaitStart(bout.handled().count());
        bout.pause(windows.warmUp());
        bout.awaitHandled(bout.backends().produced().count(), LIMIT); // what came while the worker was starting
        long from = Tally.now();
        bout.pause(windows.latency());
        long to = Tally.now();
        bout.stop(producer);
        bout.awaitHandled(bout.backends().produced().count(), LIMIT);
        return bout.handled().entries().stream()
                .filter(entry -> entry.first() >= from && entry.first() < to)
                .mapToDouble(entry -> (entry.second() - entry.first()) / 1e3)
                .sorted()
                .toArray();
    }
}
